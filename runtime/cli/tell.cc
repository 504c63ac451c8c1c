#include "runtime/cli/tell.h"

#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/cli/command.h"

namespace wasmedge::cli {
namespace {

// stderr that cannot be written has nowhere to be reported.
void say(std::string_view text) {
  [[maybe_unused]] const auto written = write_all(STDERR_FILENO, text, "stderr");
}

}  // namespace

int print(std::string_view text) {
  const auto written = write_all(STDOUT_FILENO, text, "stdout");
  return written ? 0 : failure(written.error());
}

void warn(std::string_view text) {
  say(fmt::format("wasmedge: warning: {}\n", text));
}

int failure(const Error& error) {
  say(fmt::format("wasmedge: {}\n", error.message));
  return kFailure;
}

int usage_error(const Error& error, std::string_view command) {
  say(fmt::format("wasmedge: {}\nTry `wasmedge {}{}--help`.\n", error.message, command,
                  command.empty() ? "" : " "));
  return kUsage;
}

}  // namespace wasmedge::cli
