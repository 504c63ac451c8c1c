#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// What Landlock (landlock(7)) leaves a process: files beneath these paths, and TCP ports.
struct LandlockRules {
  struct Path {
    int fd = -1;  // O_PATH; borrowed
    bool read_only = false;
  };
  std::optional<std::vector<Path>> paths;  // absent: all. Nothing may be executed, in any case
  /// Ports to bind or connect to by TCP; absent: all. Unknown to kernels before 6.7.
  std::optional<std::vector<uint16_t>> bind_ports, connect_ports;
};

/// The rules as the kernel keeps them. None: it has no Landlock, or a filter above us refuses it.
Result<Fd> make_landlock(const LandlockRules& rules);

/// Binds the calling thread and those it makes, for good. Needs no_new_privs or CAP_SYS_ADMIN.
Result<> enforce_landlock(const Fd& ruleset);

}  // namespace wasmedge::oci
