#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace wasmedge {

/// A program to run beside this one (posix_spawn(3)).
struct SpawnRequest {
  std::string program;                                    // a path; PATH is not searched
  std::vector<std::string> arguments;                     // from argv[0] on
  std::optional<std::vector<std::string>> environment{};  // "KEY=value"; none: this process's
  bool own_group = false;                                 // a process group of its own
};

/// Starts it. Descriptor n of the child is a duplicate of fds[n], or /dev/null for -1; it gets
/// nothing else of ours: no further descriptor, no blocked or ignored signal. The caller reaps the
/// child. `what` is what the error calls the program: "cannot run <what>: No such file or
/// directory".
Result<pid_t> spawn(SpawnRequest request, std::span<const int> fds, std::string_view what);

}  // namespace wasmedge
