#include "runtime/wasi/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace wasmedge::wasi {

namespace {

// EAGAIN: something was renamed while ".." was resolved. Whoever does that all the time gets
// kAgain.
constexpr int kAttempts = 128;

int open_beneath(int dir, const char* path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<uint64_t>(static_cast<unsigned>(flags | O_CLOEXEC));
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const long fd = ::syscall(SYS_openat2, dir, path, &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if (errno != EAGAIN) return -1;
  }
  return -1;
}

}  // namespace

bool Beneath::has_openat2(int dir) {
  const Fd probe(open_beneath(dir, ".", O_PATH | O_DIRECTORY, 0));
  return static_cast<bool>(probe) || (errno != ENOSYS && errno != EPERM);
}

Errno Beneath::open(int dir, const char* path, int flags, mode_t mode, Fd& out) {
  if (mode_ == Mode::kOpenat2) {
    const int fd = open_beneath(dir, path, flags, mode);
    if (fd >= 0) {
      out.reset(fd);
      return Errno::kSuccess;
    }
    const int error = errno;
    if (error == EXDEV) return Errno::kPerm;
    // EPERM may come from a seccomp filter, or from the file (an immutable one).
    if ((error != ENOSYS && error != EPERM) || has_openat2(dir)) return from_host(error);
    mode_ = Mode::kWalk;
  }
  return open_walking(dir, path, flags, mode, out);
}

Errno Beneath::find(int dir, char* path, Place& place) {
  if (path[0] == '/') return Errno::kPerm;
  char* end = path + std::strlen(path);
  while (end != path && end[-1] == '/') --end;
  if (end == path) return Errno::kNoEnt;
  char* name = end;
  while (name != path && name[-1] != '/') --name;
  place.name = name;
  if (name == path) {
    place.dir = dir;
    return Errno::kSuccess;
  }
  name[-1] = '\0';
  WASI_TRY(open(dir, path, O_PATH | O_DIRECTORY, 0, place.opened));
  place.dir = place.opened.get();
  return Errno::kSuccess;
}

}  // namespace wasmedge::wasi
