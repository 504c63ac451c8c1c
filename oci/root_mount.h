#pragma once

#include <string>
#include <vector>

#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"

/// The root filesystem as a mount: made, and made the root.
namespace wasmedge::oci {

/// Separates the caller's mount namespace from the one it was copied from, as
/// linux.rootfsPropagation asks: by default nothing made here is seen there ("rslave").
Result<> separate_mounts(const std::string& propagation, const std::string& root_path);

/// Puts the root filesystem at `path` (on the host): Create's mounts, or, without any, the
/// directory that is there, bound onto itself; or `tree`, where it has been mounted already (-1: it
/// has not). Returns the root, O_PATH.
Result<Fd> mount_root(const std::string& path, const std::vector<Mount>& mounts, int tree = -1);

/// Puts at `path` a copy of all mounts of another mount namespace, without leaving the own one for
/// good. The copied root is writable, and what is mounted on it stays here. Returns the root,
/// O_PATH.
Result<Fd> copy_root(int mount_namespace, const std::string& path);

/// Makes `root` the root and the current directory of the caller, and lets go of the old one:
/// beyond this point no path leads to the host's files. Then read-only and propagation as asked.
Result<> pivot_root(int root, bool readonly, const std::string& propagation);

/// The overlay options "lowerdir=/a/1:/a/2,upperdir=/a/3" with the longest common directory taken
/// out of their paths: mount(2) takes one page of options. Returns that directory; empty: none.
std::string shorten_overlay(std::vector<std::string>& settings);

}  // namespace wasmedge::oci
