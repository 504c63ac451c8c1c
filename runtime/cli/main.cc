#include <fmt/format.h>

#include <string_view>

#include "runtime/cache/key.h"
#include "runtime/cli/command.h"
#include "runtime/cli/help.h"
#include "runtime/cli/tell.h"

namespace wasmedge::cli {
namespace {

int main(Arguments arguments) {
  const std::string_view first = arguments.empty() ? "" : arguments[0];
  const Arguments rest = arguments.subspan(arguments.empty() ? 0 : 1);
  if (first.empty()) return usage_error({ErrorCode::kInvalidArgument, "what is to be done?"}, "");
  if (first == "--help" || first == "-h" || first == "help") return print(kHelp);
  if (first == "--version" || first == "-v") {
    return print(fmt::format("wasmedge {} (build {})\n", PROJECT_VERSION, cache::compiler_build()));
  }
  if (first == "run") return run_command(rest);
  if (first == "compile") return compile_command(rest);
  if (first == "validate") return validate_command(rest);
  if (first == "inspect") return inspect_command(rest);
  if (first == "policy") return policy_command(rest);
  if (first == "pack") return pack_command(rest);
  if (first == "cache") return cache_command(rest);
  if (first == "metrics") return metrics_command(rest);
  if (first == "doctor") return doctor_command(rest);
  return run_command(arguments);
}

}  // namespace
}  // namespace wasmedge::cli

int main(int count, char** arguments) {
  return wasmedge::cli::main({arguments + 1, static_cast<size_t>(count - 1)});
}
