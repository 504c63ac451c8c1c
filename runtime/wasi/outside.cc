#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <iterator>

#include "runtime/wasi/beneath.h"

namespace wasmedge::wasi {

namespace {

// File systems whose files are doors to the kernel: to processes, their memory and their files, to
// devices and to control groups. /dev is none of them: its devices are the container's.
constexpr unsigned kKernels[] = {
    PROC_SUPER_MAGIC,    SYSFS_MAGIC,    CGROUP_SUPER_MAGIC,
    CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,  TRACEFS_MAGIC,
    SECURITYFS_MAGIC,    SELINUX_MAGIC,  SMACK_MAGIC,
    BPF_FS_MAGIC,        EFIVARFS_MAGIC, PSTOREFS_MAGIC,
    BINFMTFS_MAGIC,      NSFS_MAGIC,     0x62656570 /* configfs */,
};

bool is_kernels(int fd) {
  struct statfs status{};
  if (::fstatfs(fd, &status) != 0) return true;
  const auto magic = static_cast<unsigned>(status.f_type);
  return std::find(std::begin(kKernels), std::end(kKernels), magic) != std::end(kKernels);
}

}  // namespace

bool stays_outside(int dir, int opened) {
  return is_kernels(opened) && !is_kernels(dir);
}

}  // namespace wasmedge::wasi
