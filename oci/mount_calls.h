#pragma once

#include <fcntl.h>
#include <sys/mount.h>

#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

/// Moving whole mounts by descriptor (open_tree(2), mount_setattr(2), move_mount(2); Linux 5.12):
/// no path is looked up twice, so nothing can be exchanged between check and use.
namespace wasmedge::oci {

/// A detached copy of the mount that `path` is on, with `path` as its root; `recursive` takes the
/// mounts below it along. An empty path: of `directory` itself.
inline Result<Fd> clone_tree(int directory, const std::string& path, bool recursive) {
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0u) |
                         (path.empty() ? AT_EMPTY_PATH : 0u);
  Fd tree(::open_tree(directory, path.c_str(), flags));
  if (!tree) return fail_errno("{}", path);
  return tree;
}

/// On the mount that `mount` is the root of; -1 and errno on failure.
inline int set_mount_attributes(int mount, mount_attr attributes, bool recursive) {
  return ::mount_setattr(mount, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0u), &attributes,
                         sizeof attributes);
}

/// Attaches a detached mount onto what `target` refers to; -1 and errno on failure.
inline int attach_mount(int mount, int target) {
  return ::move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

}  // namespace wasmedge::oci
