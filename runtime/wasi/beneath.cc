#include "runtime/wasi/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace wasmedge::wasi {

namespace {

// EAGAIN: something was renamed while ".." was resolved. Whoever does that all the time gets
// kAgain.
constexpr int kAttempts = 128;

int open_beneath(int dir, const char* path, int flags, mode_t mode, uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<uint64_t>(static_cast<unsigned>(flags | O_CLOEXEC));
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const long fd = ::syscall(SYS_openat2, dir, path, &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if (errno != EAGAIN) return -1;
  }
  return -1;
}

// Mounts on the way cost an attempt more, and most paths have none. kAcces: see stays_outside.
Errno open_crossing(int dir, const char* path, int flags, mode_t mode, Fd& out) {
  int fd = open_beneath(dir, path, flags, mode, RESOLVE_NO_XDEV);
  const bool crosses = fd < 0 && errno == EXDEV;
  if (crosses) fd = open_beneath(dir, path, flags, mode, 0);
  if (fd < 0) return errno == EXDEV ? Errno::kPerm : last_error();
  out.reset(fd);
  if (crosses && stays_outside(dir, fd)) {
    out.reset();
    return Errno::kAcces;
  }
  return Errno::kSuccess;
}

}  // namespace

bool Beneath::has_openat2(int dir) {
  const Fd probe(open_beneath(dir, ".", O_PATH | O_DIRECTORY, 0, 0));
  return static_cast<bool>(probe) || (errno != ENOSYS && errno != EPERM);
}

Errno Beneath::open(int dir, const char* path, int flags, mode_t mode, Fd& out) {
  if (mode_ == Mode::kOpenat2) {
    const Errno error = open_crossing(dir, path, flags, mode, out);
    // kPerm may come from a seccomp filter, from the file (an immutable one), or be a way out.
    const bool missing = error == Errno::kNoSys || error == Errno::kPerm;
    if (!missing || has_openat2(dir)) return error;
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
    if (std::string_view(name, static_cast<size_t>(end - name)) == "..") return Errno::kPerm;
    place.dir = dir;
    return Errno::kSuccess;
  }
  name[-1] = '\0';
  WASI_TRY(open(dir, path, O_PATH | O_DIRECTORY, 0, place.opened));
  place.dir = place.opened.get();
  return Errno::kSuccess;
}

}  // namespace wasmedge::wasi
