#include <fcntl.h>

#include "oci/launch.h"
#include "oci/mount_calls.h"

namespace wasmedge::oci {

Result<Fd> open_program(const std::string& path) {
  TRY_ASSIGN(const Fd clone, clone_tree(AT_FDCWD, path, false));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  attributes.propagation = MS_PRIVATE;
  if (set_mount_attributes(clone.get(), attributes, false) != 0) {
    return fail_errno("make the mount of {} read-only", path);
  }
  // The clone's root is the file itself: this opens it by way of the read-only mount.
  return open_file(fmt::format("/proc/self/fd/{}", clone.get()), O_RDONLY);
}

}  // namespace wasmedge::oci
