// differential_test: makes modules from numbers, and tells what modules do.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/limits.h"
#include "test/fuzz/differential/program.h"
#include "test/fuzz/differential/record.h"

namespace wasmedge::fuzz {
namespace {

constexpr std::string_view kUsage =
    "usage: differential_test generate DIRECTORY FIRST COUNT   writes DIRECTORY/SEED.wasm for "
    "COUNT seeds\n"
    "       differential_test choices SEED FILE                the bytes that stand for a seed\n"
    "       differential_test module FILE MODULE               the module that such bytes stand "
    "for\n"
    "       differential_test record best|none MODULE…         prints a line of JSON a module\n";
constexpr unsigned kSecondsAModule = 60;

Result<> put(const std::string& path, const std::vector<uint8_t>& content) {
  TRY_ASSIGN(const Fd file, open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
  return write_all(file.get(), std::as_bytes(std::span(content)), path);
}

int status(const Result<>& done) {
  if (!done) fmt::print(stderr, "{}\n", done.error().message);
  return done ? 0 : 1;
}

Result<> generate_from_file(const std::string& choices, const std::string& module) {
  constexpr size_t kMostBytes = size_t{1} << 20;
  TRY_ASSIGN(const std::string bytes, read_file(choices, kMostBytes));
  return put(module, generate(std::vector<uint8_t>(bytes.begin(), bytes.end())));
}

int generate_all(const std::string& directory, uint64_t first, uint64_t count) {
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const auto done =
        put(fmt::format("{}/{}.wasm", directory, seed), generate(bytes_of_seed(seed)));
    if (!done) return status(done);
  }
  return 0;
}

// A crash or SIGALRM ends the process: who reads the lines knows by them which module it was.
int record_all(compile::Quality quality, std::span<char*> paths) {
  for (const char* path : paths) {
    ::alarm(kSecondsAModule);
    const auto content = read_file(path, kLimits.module_bytes);
    if (!content) return status(tl::unexpected<Error>(content.error()));
    fmt::print("{}\n", to_json(path, record(std::as_bytes(std::span(*content)), quality)));
    std::fflush(stdout);
  }
  return 0;
}

int run(std::span<char*> arguments) {
  const std::string_view command = arguments.size() > 1 ? arguments[1] : "";
  if (command == "generate" && arguments.size() == 5) {
    return generate_all(arguments[2], std::strtoull(arguments[3], nullptr, 10),
                        std::strtoull(arguments[4], nullptr, 10));
  }
  if (command == "choices" && arguments.size() == 4) {
    return status(put(arguments[3], bytes_of_seed(std::strtoull(arguments[2], nullptr, 10))));
  }
  if (command == "module" && arguments.size() == 4) {
    return status(generate_from_file(arguments[2], arguments[3]));
  }
  const std::string_view quality = arguments.size() > 2 ? arguments[2] : "";
  if (command == "record" && (quality == "best" || quality == "none")) {
    return record_all(quality == "best" ? compile::Quality::kBest : compile::Quality::kNone,
                      arguments.subspan(3));
  }
  fmt::print(stderr, "{}", kUsage);
  return 2;
}

}  // namespace
}  // namespace wasmedge::fuzz

int main(int count, char** arguments) {
  return wasmedge::fuzz::run({arguments, static_cast<size_t>(count)});
}
