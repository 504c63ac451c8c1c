#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/wasi/network_rule.h"

namespace wasmedge::wasi {

/// A directory that the guest gets: everything beneath it, and nothing else.
struct Preopen {
  Fd dir;                  // O_DIRECTORY (O_PATH will do); owned
  std::string guest_path;  // what the guest calls it, such as "/" or "/data"
  bool read_only = false;  // whatever would change it fails with EROFS
};

/// A limit, and what messages call the rule that sets it.
struct Bound {
  uint64_t value = 0;
  std::string rule;
};

/// All that a guest of WASI preview 1 gets from its host. Nothing is inherited: no environment, no
/// directory, no descriptor but these.
struct WasiConfig {
  std::vector<std::string> args;  // args[0] names the program
  std::vector<std::string> env;   // "KEY=VALUE"
  std::vector<Preopen> preopens;  // the guest's fds 3, 4, … in this order
  // The guest's fds 0, 1 and 2. Borrowed: a guest that closes one loses it, and the host keeps it.
  // -1: the guest has none.
  std::array<int, 3> stdio = {0, 1, 2};
  // What it may do on the network must be granted by each; none: what the network namespace allows.
  std::vector<NetworkRule> network;
  std::optional<Bound> memory;   // bytes of all its linear memories together
  std::optional<Bound> fuel;     // instructions, about; its code must be metered
  std::optional<Bound> time;     // nanoseconds from Command::run on; takes SIGALRM
  std::optional<Bound> threads;  // at a time, beside the first; at most Limits::guest_threads
  // Where each call is told, a line each (trace.h). Borrowed; -1: nowhere.
  int trace = -1;
  // Where refusals are reported, a line each (denials.h). Borrowed; -1: nowhere.
  int denials = -1;
};

}  // namespace wasmedge::wasi
