#include <fmt/format.h>
#include <unistd.h>

#include "runtime/base/fd.h"
#include "runtime/cache/key.h"
#include "runtime/cache/reply.h"
#include "runtime/compile/program/options.h"
#include "runtime/compile/program/supervisor.h"

namespace wasmedge::compile {
namespace {

int say(int fd, std::string_view text, int status) {
  return write_all(fd, text, "the terminal") ? status : 1;
}

int main(std::span<char* const> arguments) {
  const auto options = parse_options(arguments);
  if (!options) {
    return say(STDERR_FILENO,
               fmt::format("wasmedge-compiler: {}\nTry wasmedge-compiler --help.\n",
                           options.error().message),
               2);
  }
  if (options->help) return say(STDOUT_FILENO, help_text(), 0);
  if (options->version) {
    return say(
        STDOUT_FILENO,
        fmt::format("wasmedge-compiler {} (build {})\n", PROJECT_VERSION, cache::compiler_build()),
        0);
  }
  auto reply = obtain_artifact(options->job);
  if (!reply) reply = cache::Reply{true, reply.error().code, reply.error().message, {}};
  if (const auto sent = cache::send_reply(options->reply, *reply); !sent) {
    return say(STDERR_FILENO, fmt::format("wasmedge-compiler: {}\n", sent.error().message), 1);
  }
  return reply->failed ? 1 : 0;
}

}  // namespace
}  // namespace wasmedge::compile

int main(int count, char** arguments) {
  return wasmedge::compile::main({arguments + 1, static_cast<size_t>(count - 1)});
}
