#include "oci/masks.h"

#include <sys/stat.h>

#include "oci/devices.h"
#include "oci/mount_calls.h"
#include "oci/mounts.h"
#include "oci/rootfs.h"

namespace wasmedge::oci {
namespace {

Result<> mask(int root, const std::string& path, const Fd& empty) {
  TRY_ASSIGN(const auto target, find_in_root(root, path, O_PATH));
  if (!target) return {};
  struct stat status{};
  if (::fstat(target->get(), &status) != 0) return fail_errno("{}", path);
  // One filesystem, bound in several places: it has nothing in it, and stays so.
  TRY_ASSIGN(const Fd cover,
             S_ISDIR(status.st_mode) ? clone_tree(empty.get(), "", false) : clone_null());
  if (attach_mount(cover.get(), target->get()) != 0) return fail_errno("cover {}", path);
  return {};
}

Result<> make_readonly(int root, const std::string& path) {
  TRY_ASSIGN(const auto target, find_in_root(root, path, O_PATH));
  if (!target) return {};
  TRY_ASSIGN(const Fd tree, clone_tree(target->get(), "", true));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (set_mount_attributes(tree.get(), attributes, true) != 0) return fail_errno("{}", path);
  if (attach_mount(tree.get(), target->get()) != 0) return fail_errno("attach {}", path);
  return {};
}

}  // namespace

Result<> mask_paths(int root, const std::vector<std::string>& paths) {
  if (paths.empty()) return {};
  TRY_ASSIGN(const Fd empty, make_filesystem("tmpfs", "tmpfs", {"size=0", "nr_inodes=1"}, {},
                                             MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
                                                 MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
  for (const std::string& path : paths) {
    if (auto masked = mask(root, path, empty); !masked) {
      return wrap(masked.error(), "config.json: linux.maskedPaths");
    }
  }
  return {};
}

Result<> make_paths_readonly(int root, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (auto made = make_readonly(root, path); !made) {
      return wrap(made.error(), "config.json: linux.readonlyPaths");
    }
  }
  return {};
}

}  // namespace wasmedge::oci
