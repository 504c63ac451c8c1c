#include "runtime/cli/become.h"
#include "runtime/cli/command.h"
#include "runtime/cli/help.h"
#include "runtime/cli/tell.h"

namespace wasmedge::cli {

int metrics_command(Arguments arguments) {
  std::vector<std::string> words;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--help" || argument == "-h") return print(kMetricsHelp);
    if ((argument != "--output" && argument != "-o") || i + 1 == arguments.size()) {
      return usage_error({ErrorCode::kInvalidArgument, fmt::format("{}: not understood", argument)},
                         "metrics");
    }
    words.insert(words.end(), {"-output", arguments[++i]});
  }
  words.emplace_back("metrics");
  return become_shim(words);
}

int doctor_command(Arguments arguments) {
  std::vector<std::string> words;
  for (const std::string_view argument : arguments) {
    if (argument == "--help" || argument == "-h") return print(kDoctorHelp);
    if (argument != "--json") {
      return usage_error({ErrorCode::kInvalidArgument, fmt::format("{}: not understood", argument)},
                         "doctor");
    }
    words.emplace_back("-json");
  }
  words.emplace_back("doctor");
  return become_shim(words);
}

}  // namespace wasmedge::cli
