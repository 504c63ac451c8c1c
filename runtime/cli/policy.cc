#include <unistd.h>

#include <string>
#include <vector>

#include "runtime/cli/command.h"
#include "runtime/cli/help.h"
#include "runtime/cli/module.h"
#include "runtime/cli/tell.h"

namespace wasmedge::cli {
namespace {

constexpr char kShim[] = "containerd-shim-wasmedge-v1";

}  // namespace

/// The shim is asked, which knows what containers are and decides about them; this program does
/// not.
int policy_command(Arguments arguments) {
  std::vector<std::string> words = {"wasmedge"};
  std::string_view file;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--help" || argument == "-h") return print(kPolicyHelp);
    if (argument == "--ceiling" && i + 1 < arguments.size()) {
      words.insert(words.end(), {"-ceiling", arguments[++i]});
    } else if (argument.starts_with('-')) {
      return usage_error({ErrorCode::kInvalidArgument, fmt::format("unknown option {}", argument)},
                         "policy");
    } else if (!file.empty()) {
      return usage_error({ErrorCode::kInvalidArgument, "one config.json at a time"}, "policy");
    } else {
      file = argument;
    }
  }
  if (file.empty()) {
    return usage_error({ErrorCode::kInvalidArgument, "which config.json? No file is named"},
                       "policy");
  }
  words.insert(words.end(), {"-config", std::string(file), "policy"});
  const auto shim = program_beside(kShim);
  if (!shim) return failure(shim.error());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(shim->c_str(), argv.data());
  const tl::unexpected<Error> error =
      fail_errno("cannot execute {}, which decides about containers", *shim);
  return failure(error.value());
}

}  // namespace wasmedge::cli
