#include "shim/doctor/checks.h"
#include "shim/doctor/node.h"
#include "shim/task/commands.h"

namespace wasmedge::task {

Diagnosis examine_node(const CommandLine& line) {
  const doctor::Report report = doctor::examine(doctor::Node());
  return {line.json ? doctor::json_of(report) : doctor::text_of(report),
          report.count(doctor::Level::kProblem) == 0};
}

}  // namespace wasmedge::task
