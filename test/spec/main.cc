// spec_test: runs the WebAssembly core test suite, converted by wast2json, through the whole
// engine.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "runtime/base/cpu.h"
#include "test/spec/pool.h"

namespace wasmedge::spec {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUsage =
    "usage: spec_test [--jobs N] [--quality best|none] [--cpu NAME] [--cache DIRECTORY [--warm]] "
    "[--verbose]\n"
    "                 [--target ARCHITECTURE] SUITE-DIRECTORY [SCRIPT…]\n"
    "  --cpu NAME         code for another CPU than this, e.g. x86-64-v2, which can do less\n"
    "  --cache DIRECTORY  keep compiled modules there, and use those that are (of one quality)\n"
    "  --target ARCHITECTURE  only compile, into the cache, for a machine that runs it later\n"
    "  --warm             all of them must be there: to compile one is a failure\n"
    "  SUITE-DIRECTORY  holds NAME/NAME.json and its .wasm files, at any depth\n"
    "  SCRIPT           run only these, e.g. call_indirect or proposals/threads/atomic\n";

struct Options {
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  BuildOptions build;
  bool verbose = false;
  fs::path suite;
  std::vector<std::string> only;
};

[[noreturn]] void die(std::string_view message) {
  fmt::print(stderr, "spec_test: {}\n{}", message, kUsage);
  std::exit(2);
}

Options parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    const bool takes_value = argument == "--jobs" || argument == "--quality" ||
                             argument == "--cpu" || argument == "--cache" || argument == "--target";
    if (takes_value && i + 1 == count) die(fmt::format("{} wants a value", argument));
    if (argument == "--jobs") {
      const std::string_view value = arguments[++i];
      std::from_chars(value.data(), value.data() + value.size(), options.jobs);
      if (options.jobs == 0) die("--jobs wants a positive number");
    } else if (argument == "--quality") {
      const std::string_view value = arguments[++i];
      if (value != "best" && value != "none") die("--quality is best or none");
      options.build.quality = value == "best" ? compile::Quality::kBest : compile::Quality::kNone;
    } else if (argument == "--cpu") {
      options.build.cpu = arguments[++i];
    } else if (argument == "--cache") {
      options.build.cache = arguments[++i];
    } else if (argument == "--target") {
      const auto target = parse_target(arguments[++i]);
      if (!target) die(target.error().message);
      options.build.target = *target;
    } else if (argument == "--warm") {
      options.build.warm = true;
    } else if (argument == "--verbose") {
      options.verbose = true;
    } else if (argument.starts_with("--")) {
      die(fmt::format("unknown option {}", argument));
    } else if (options.suite.empty()) {
      options.suite = argument;
    } else {
      options.only.emplace_back(argument);
    }
  }
  if (options.suite.empty()) die("no suite given");
  if (options.build.target != kThisArchitecture && options.build.cache.empty()) {
    die("--target wants --cache");
  }
  if (options.build.warm && options.build.cache.empty()) die("--warm wants --cache");
  return options;
}

/// The suite's scripts, the largest first, so that the last to end is a small one.
std::vector<Script> find_scripts(const Options& options) {
  std::vector<std::pair<uintmax_t, Script>> found;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(options.suite, error)) {
    if (entry.path().extension() != ".json") continue;
    const std::string name =
        fs::relative(entry.path().parent_path(), options.suite).generic_string();
    const auto& only = options.only;
    if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
    found.push_back({entry.file_size(), {entry.path(), name}});
  }
  if (error) die(fmt::format("{}: {}", options.suite.string(), error.message()));
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second.name < b.second.name;
  });
  std::vector<Script> scripts;
  scripts.reserve(found.size());
  for (auto& [size, script] : found) scripts.push_back(std::move(script));
  return scripts;
}

int run(int count, char** arguments) {
  const Options options = parse(count, arguments);
  const std::vector<Script> scripts = find_scripts(options);
  if (scripts.empty()) die(fmt::format("{} holds no such script", options.suite.string()));
  if (!options.only.empty() && scripts.size() != options.only.size()) {
    die("some of the scripts do not exist");
  }
  Tally tally = run_all(scripts, options.jobs, options.build);
  std::sort(tally.failures.begin(), tally.failures.end());
  if (options.build.warm && tally.compiled + tally.from_cache == 0) {
    tally.failures.emplace_back("no module came from the cache");
  }
  fmt::print("{}", summary(tally, scripts.size(), options.verbose));
  return tally.failures.empty() ? 0 : 1;
}

}  // namespace
}  // namespace wasmedge::spec

int main(int count, char** arguments) {
  return wasmedge::spec::run(count, arguments);
}
