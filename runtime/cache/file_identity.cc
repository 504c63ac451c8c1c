#include "runtime/cache/file_identity.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <csignal>
#include <ctime>

namespace wasmedge::cache {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
/// Times advance with the timer's ticks, some milliseconds apart.
constexpr int64_t kSettledAfter = 2 * kSecond;

int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * kSecond + time.tv_nsec;
}

/// Kinds of filesystem whose inodes and times are the kernel's own, on a device. (Those in user
/// space and on the network say what they like.)
bool keeps_times(int file) {
  struct statfs filesystem{};
  if (::fstatfs(file, &filesystem) != 0) return false;
  switch (filesystem.f_type) {
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<FileIdentity> identify(int file, int beside) {
  struct stat status{};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || ::major(status.st_dev) == 0) {
    return std::nullopt;
  }
  struct stat other{};
  if (beside >= 0 && (::fstat(beside, &other) != 0 || other.st_dev != status.st_dev)) {
    return std::nullopt;
  }
  if (!keeps_times(file)) return std::nullopt;
  int generation = 0;  // the kernel writes an int, whatever the ioctl's number says
  if (::ioctl(file, FS_IOC_GETVERSION, &generation) != 0) generation = 0;
  return FileIdentity{.device = status.st_dev,
                      .inode = status.st_ino,
                      .generation = static_cast<uint32_t>(generation),
                      .size = static_cast<uint64_t>(status.st_size),
                      .modified = nanoseconds(status.st_mtim),
                      .changed = nanoseconds(status.st_ctim)};
}

bool is_settled(const FileIdentity& identity) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now) - identity.changed >= kSettledAfter;
}

bool is_written_to(int file) {
  // A lease is given only on a file that nobody writes to (fcntl(2), F_SETLEASE). It is let go at
  // once; should somebody have opened the file in between, the signal that says so is one that is
  // ignored by default.
  if (::fcntl(file, F_SETSIG, SIGURG) != 0 || ::fcntl(file, F_SETLEASE, F_RDLCK) != 0) return true;
  return ::fcntl(file, F_SETLEASE, F_UNLCK) != 0;
}

}  // namespace wasmedge::cache
