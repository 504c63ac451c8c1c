#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/cli/command.h"

namespace wasmedge::cli {

/// `--dir HOST:GUEST[:ro]`.
struct Directory {
  std::string host;
  std::string guest;
  bool read_only = false;
};

struct RunOptions {
  bool help = false;
  std::vector<Directory> directories;
  std::vector<std::string> environment;  // "KEY=VALUE"
  std::optional<std::chrono::nanoseconds> time_limit;
  std::optional<uint64_t> fuel;
  bool perf_map = false;
  bool debug = false;
  bool trace = false;
  bool reactor = false;
  std::string function;            // of a reactor: the one to call
  std::vector<std::string> guest;  // the module's path and the guest's arguments
};

/// Options end at the first argument that is none, or after "--". kInvalidArgument names the option
/// and the form that it has.
Result<RunOptions> parse_run_options(Arguments arguments);

}  // namespace wasmedge::cli
