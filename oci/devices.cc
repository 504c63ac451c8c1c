#include "oci/devices.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <array>

#include "oci/mount_calls.h"
#include "oci/rootfs.h"

namespace wasmedge::oci {
namespace {

struct Link {
  const char* name;
  const char* target;
};
constexpr std::array kLinks = {Link{"fd", "/proc/self/fd"}, Link{"stdin", "/proc/self/fd/0"},
                               Link{"stdout", "/proc/self/fd/1"}, Link{"stderr", "/proc/self/fd/2"},
                               Link{"ptmx", "pts/ptmx"}};

const std::array<Device, 6> kDefaults = {
    Device{"/dev/null", S_IFCHR, 1, 3},    Device{"/dev/zero", S_IFCHR, 1, 5},
    Device{"/dev/full", S_IFCHR, 1, 7},    Device{"/dev/random", S_IFCHR, 1, 8},
    Device{"/dev/urandom", S_IFCHR, 1, 9}, Device{"/dev/tty", S_IFCHR, 5, 0},
};

Result<> verify(int fd, const Device& device) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return fail_errno("{}", device.path);
  const bool same_type = (status.st_mode & S_IFMT) == device.type;
  const bool same_number =
      device.type == S_IFIFO || status.st_rdev == makedev(device.major, device.minor);
  if (same_type && same_number) return {};
  return fail(ErrorCode::kInvalidArgument,
              "{}: the image has something else there than device {}:{}", device.path, device.major,
              device.minor);
}

/// In a user namespace no device can be made; the host's is bound onto an empty file.
Result<> bind_host_node(int root, const Device& device) {
  TRY_ASSIGN(const Fd node, clone_tree(AT_FDCWD, device.path, false));
  TRY(verify(node.get(), device));
  TRY_ASSIGN(const Fd target, make_in_root(root, device.path, Missing::kFile));
  if (attach_mount(node.get(), target.get()) != 0) return fail_errno("bind {}", device.path);
  return {};
}

Result<> make_device(int root, int parent, const std::string& name, const Device& device) {
  const dev_t number = device.type == S_IFIFO ? 0 : makedev(device.major, device.minor);
  if (::mknodat(parent, name.c_str(), device.type | device.mode, number) != 0) {
    if (errno == EPERM) return bind_host_node(root, device);
    if (errno != EEXIST) return fail_errno("make {}", device.path);
  }
  TRY_ASSIGN(const Fd node, open_file_at(parent, name, O_PATH | O_NOFOLLOW));
  TRY(verify(node.get(), device));
  if (device.uid == 0 && device.gid == 0) return {};
  if (::fchownat(node.get(), "", device.uid, device.gid, AT_EMPTY_PATH) != 0) {
    return fail_errno("give {} to its owner", device.path);
  }
  return {};
}

}  // namespace

Result<Fd> clone_null() {
  TRY_ASSIGN(Fd node, clone_tree(AT_FDCWD, "/dev/null", false));
  TRY(verify(node.get(), kDefaults[0]));
  return node;
}

Result<> make_devices(int root, const std::vector<Device>& devices) {
  // /dev itself must be a directory of the container, not a link of the image's (CVE-2026-41579).
  TRY_ASSIGN(const Fd dev, make_in_root(root, "/dev", Missing::kDirectory, Follow::kNever));
  for (const Device& device : kDefaults) {
    TRY(make_device(root, dev.get(), device.path.substr(sizeof "/dev/" - 1), device));
  }
  for (const Device& device : devices) {
    const std::string path = clean_path(device.path);
    const size_t slash = path.rfind('/');
    TRY_ASSIGN(const Fd parent, make_in_root(root, path.substr(0, slash == 0 ? 1 : slash),
                                             Missing::kDirectory, Follow::kNever));
    TRY(make_device(root, parent.get(), path.substr(slash + 1), device));
  }
  for (const Link& link : kLinks) {
    if (::symlinkat(link.target, dev.get(), link.name) != 0 && errno != EEXIST) {
      return fail_errno("link /dev/{}", link.name);
    }
  }
  return {};
}

}  // namespace wasmedge::oci
