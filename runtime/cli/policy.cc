#include <string>
#include <vector>

#include "runtime/cli/become.h"
#include "runtime/cli/command.h"
#include "runtime/cli/help.h"
#include "runtime/cli/tell.h"

namespace wasmedge::cli {

int policy_command(Arguments arguments) {
  std::vector<std::string> words;
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
  return become_shim(words);
}

}  // namespace wasmedge::cli
