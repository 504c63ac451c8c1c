#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <span>
#include <utility>

#include "runtime/base/fd.h"
#include "runtime/base/limits.h"
#include "runtime/cache/key.h"
#include "shim/task/command_line.h"
#include "shim/task/commands.h"

namespace wasmedge::task {
namespace {

/// What containerd has on stdin for us; a person at a terminal has nothing.
Result<std::string> read_input() {
  if (::isatty(STDIN_FILENO) != 0) return std::string();
  return read_all(STDIN_FILENO, kLimits.policy_bytes * 2, "stdin");
}

/// `exit_status`: of this program, if it is another than success in spite of an answer.
Result<std::string> run(const CommandLine& line, int& exit_status) {
  switch (line.action) {
    case CommandLine::Action::kStart:
      return start(line);
    case CommandLine::Action::kDelete:
      return remove(line);
    case CommandLine::Action::kInfo:
      return read_input().and_then([](const std::string& input) { return info(input); });
    case CommandLine::Action::kVersion:
      return fmt::format("containerd-shim-wasmedge-v1 {} (build {})\n", PROJECT_VERSION,
                         cache::compiler_build());
    case CommandLine::Action::kPolicy:
      return explain_policy(line);
    case CommandLine::Action::kMetrics:
      return show_metrics(line);
    case CommandLine::Action::kDoctor: {
      Diagnosis diagnosis = examine_node(line);
      if (!diagnosis.healthy) exit_status = EXIT_FAILURE;
      return std::move(diagnosis.text);
    }
    case CommandLine::Action::kAppend:
      TRY(append());
      return std::string();
    case CommandLine::Action::kServe:
      TRY(serve(line));
      return std::string();
  }
  __builtin_unreachable();
}

/// containerd reads stdout and stderr as one: on success nothing but the answer goes out.
Result<int> answer(std::span<const char* const> arguments) {
  int exit_status = EXIT_SUCCESS;
  TRY_ASSIGN(const CommandLine line, parse_command_line(arguments));
  TRY_ASSIGN(const std::string output, run(line, exit_status));
  TRY(write_all(STDOUT_FILENO, output, "stdout"));
  return exit_status;
}

}  // namespace
}  // namespace wasmedge::task

int main(int argc, char** argv) {
  // What a peer sends wrong is answered to the peer; the library would write it to stderr as well.
  google::protobuf::SetLogHandler(nullptr);
  const auto done = wasmedge::task::answer(std::span<const char* const>(argv, argc).subspan(1));
  if (done) return *done;
  const std::string message =
      fmt::format("{}: {}\n", program_invocation_short_name, done.error().message);
  [[maybe_unused]] const auto written =
      wasmedge::write_all(STDERR_FILENO, message, "stderr");  // or there is nobody to tell
  return EXIT_FAILURE;
}
