#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "runtime/base/result.h"

/// Files that the shim writes into a container's bundle, for the `delete` command and for
/// containerd.
namespace wasmedge::task {

/// The cgroup of this bundle's container.
struct CgroupOfBundle {
  std::string path;
  /// The container made it, and so may kill what is in it. Until then it may turn out to be
  /// another's; what there is of it is empty, if it is not.
  bool made = false;
};
Result<> write_cgroup(const std::string& bundle, const CgroupOfBundle& cgroup);
std::optional<CgroupOfBundle> read_cgroup(const std::string& bundle);
void forget_cgroup(const std::string& bundle);

/// `init.pid`: the container's first process.
Result<> write_init_pid(const std::string& bundle, pid_t pid);
std::optional<pid_t> read_init_pid(const std::string& bundle);

/// `address`: where the bundle's server listens, `unix://…`; containerd up to 1.7 reads it after
/// its own restart.
Result<> write_address(const std::string& bundle, const std::string& address);
std::optional<std::string> read_address(const std::string& bundle);

/// config.json, within the limit on its size.
Result<std::string> read_config(const std::string& bundle);

}  // namespace wasmedge::task
