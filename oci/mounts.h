#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "oci/mount_options.h"
#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"

/// Mounts of a container, made in its own mount namespace, before pivot_root(2).
namespace wasmedge::oci {

/// One entry of the spec's mounts, with its destination resolved inside the root. Relative sources
/// of bind mounts are below `bundle`. `source`: open_source() of it, where the caller could not;
/// -1: opened here.
Result<> mount_in_root(int root, const Mount& mount, const Spec& spec, const std::string& bundle,
                       int source = -1);

/// The source of a bind mount, with the mount's options applied, detached.
Result<Fd> open_source(const Mount& mount, const Spec& spec, const std::string& bundle);
bool is_bind(const Mount& mount);

/// Is the mount at `destination` on a filesystem of the kernel's own (/proc, /sys, /dev and below)?
bool is_kernel_path(std::string_view destination);

/// For messages: "mount SOURCE at DESTINATION".
std::string describe(const Mount& mount);

/// A new filesystem, detached: `settings` are "key=value", `flags` keys; `attributes` MOUNT_ATTR_*.
/// The error has the kernel's own explanation where there is one.
Result<Fd> make_filesystem(const std::string& type, const std::string& source,
                           const std::vector<std::string>& settings,
                           const std::vector<std::string>& flags, uint64_t attributes);

/// Applies attributes and propagation to the mount that `mount` is the root of.
Result<> apply_options(int mount, const MountOptions& options);

/// Makes the directory `path` below `root`, with the mounts in it, a mount of its own: such a one
/// can be neither renamed nor replaced. `readonly`: writing to it fails, but for the mounts in it.
/// Symbolic links on the way are an error.
Result<> pin_directory(int root, const std::string& path, bool readonly);

}  // namespace wasmedge::oci
