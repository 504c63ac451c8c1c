#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"

/// What of the host's files a container in a user namespace gets. It cannot mount them itself: its
/// root may not search the engine's or kubelet's directories, nor have owners mapped. So they are
/// mounted outside, and handed over detached.
namespace wasmedge::oci {

/// Detached mounts by their index in Spec::mounts; the root filesystem at kRootTree.
using HostTrees = std::map<uint32_t, Fd>;
inline constexpr uint32_t kRootTree = ~uint32_t{0};

enum class Wanted {
  kAll,         // the root filesystem and the sources of bind mounts
  kKernelPaths  // the sources of those at /proc, /sys and /dev
};

/// Opens them with the rights of the caller, who is single-threaded. `rootfs_mounts`: Create's;
/// empty: `root_path` has the files.
Result<HostTrees> open_host_trees(const Spec& spec, const std::string& bundle,
                                  const std::string& root_path,
                                  const std::vector<Mount>& rootfs_mounts, Wanted wanted);

/// The tree of that index, or -1.
int find_tree(const HostTrees& trees, uint32_t index);

}  // namespace wasmedge::oci
