#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <span>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/cache/key.h"
#include "shim/image/module.h"

namespace wasmedge::image {
namespace {

struct Options {
  Question question;
  int reply = -1;
};

struct Option {
  std::string_view name;
  std::string Question::* member;
};
constexpr std::array kOptions = {
    Option{"--address", &Question::address}, Option{"--namespace", &Question::namespace_name},
    Option{"--id", &Question::container},    Option{"--image", &Question::image},
    Option{"--entry", &Question::entry},
};

Result<Options> parse(std::span<char* const> arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); i += 2) {
    const std::string_view name = arguments[i];
    if (i + 1 == arguments.size()) {
      return fail(ErrorCode::kInvalidArgument, "{}: its value is missing", name);
    }
    const std::string_view value = arguments[i + 1];
    bool known = false;
    for (const Option& option : kOptions) {
      if (option.name != name) continue;
      options.question.*option.member = value;
      known = true;
    }
    if (name == "--reply-fd") {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), options.reply);
      known = error == std::errc() && end == value.data() + value.size();
    }
    if (!known) return fail(ErrorCode::kInvalidArgument, "{} {}: not understood", name, value);
  }
  if (options.question.address.empty() || options.question.namespace_name.empty() ||
      options.reply < 0) {
    return fail(ErrorCode::kInvalidArgument,
                "the shim runs this program, with --address, --namespace, --id and --reply-fd");
  }
  return options;
}

int complain(const Error& error) {
  (void)write_all(2, fmt::format("wasmedge-image: {}\n", error.message), "stderr");
  return EXIT_FAILURE;
}

int tell_version() {
  const auto said = write_all(
      1, fmt::format("wasmedge-image {} (build {})\n", PROJECT_VERSION, cache::compiler_build()),
      "stdout");
  return said ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(std::span<char* const> arguments) {
  if (arguments.size() == 1 && std::string_view(arguments[0]) == "--version") return tell_version();
  const auto options = parse(arguments);
  if (!options) return complain(options.error());
  auto reply = fetch_module(options->question);
  if (!reply) reply = cache::Reply{true, reply.error().code, reply.error().message, {}};
  const auto sent = cache::send_reply(options->reply, *reply);
  return sent ? EXIT_SUCCESS : complain(sent.error());
}

}  // namespace
}  // namespace wasmedge::image

int main(int count, char** arguments) {
  // Threads of gRPC's have nothing left to do.
  ::_exit(wasmedge::image::main({arguments + 1, static_cast<size_t>(count - 1)}));
}
