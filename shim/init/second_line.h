#pragma once

#include "oci/landlock.h"
#include "runtime/wasi/config.h"
#include "shim/policy/policy.h"

/// The policy once more, by the kernel: as if the compiler were broken, and the module could do
/// whatever machine code can.
namespace wasmedge::init {

/// The second line of a module's policy, made at Create and put in force right before it runs.
struct SecondLine {
  Fd landlock;  // none: no path or port is to be bound, or the kernel cannot
  bool sockets = true;
  bool threads = true;
  std::string text;  // "seccomp and landlock", for the log
};

/// Called inside the container. The directories of `config` are still open there.
Result<SecondLine> make_second_line(const policy::Policy& policy, const wasi::WasiConfig& config);

/// Paths and ports first, then, once the container's own filter is in place, system calls. The
/// process has no_new_privs.
Result<> bind_paths_and_ports(SecondLine& line);
Result<> bind_system_calls(const SecondLine& line);

}  // namespace wasmedge::init
