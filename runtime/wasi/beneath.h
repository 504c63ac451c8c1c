#pragma once

#include <sys/types.h>

#include "runtime/base/fd.h"
#include "runtime/wasi/errno.h"

namespace wasmedge::wasi {

/// Where a path's last component is: the directory that holds it, and its name there, with any
/// trailing slashes that the guest gave. Nothing follows `name` if it is a symbolic link, as long
/// as the system call does not (which is why calls that follow a name with a trailing slash take an
/// opened file instead).
struct Place {
  Fd opened;     // what `dir` is, unless that is the base itself
  int dir = -1;  // borrowed
  const char* name = nullptr;
};

/// Opens guest paths beneath a directory: no "..", absolute path, symbolic link or magic link leads
/// out of it, also while others rename directories. One openat2(2) with RESOLVE_BENEATH and
/// RESOLVE_NO_MAGICLINKS; where the kernel or a seccomp filter has none (ENOSYS, EPERM), component
/// by component with O_NOFOLLOW. Mounts beneath the directory are part of it, but for the kernel's
/// own file systems.
class Beneath {
 public:
  enum class Mode : uint8_t { kOpenat2, kWalk };
  explicit Beneath(Mode mode = Mode::kOpenat2) : mode_(mode) {}

  /// open(2) of `path` relative to `dir`; flags as openat2 takes them (O_CLOEXEC is added). kPerm:
  /// the path leads out of `dir`. kAcces: it leads into /proc or the like (stays_outside). kIntr: a
  /// signal interrupted it (a fifo, which waits for its other end).
  Errno open(int dir, const char* path, int flags, mode_t mode, Fd& out);

  /// Finds the place of the last component of `path`, which is cut in two in place and must outlive
  /// `place`.
  Errno find(int dir, char* path, Place& place);

 private:
  bool has_openat2(int dir);
  Mode mode_;
};

/// Whether `opened` is on procfs, sysfs or another of the kernel's own file systems, and `dir` is
/// not: who was given "/" must not write to /proc/self/mem. To be reached, they must be given.
bool stays_outside(int dir, int opened);

/// The fallback, in walk.cc: as Beneath::open, without openat2.
Errno open_walking(int dir, const char* path, int flags, mode_t mode, Fd& out);

}  // namespace wasmedge::wasi
