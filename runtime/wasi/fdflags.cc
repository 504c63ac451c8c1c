#include "runtime/wasi/fdflags.h"

#include <fcntl.h>

#include "runtime/wasi/types.h"

namespace wasmedge::wasi {

Errno host_fdflags(uint32_t flags, int& out) {
  if ((flags & ~kFdflags) != 0) return Errno::kInval;
  out = 0;
  if ((flags & kFdflagAppend) != 0) out |= O_APPEND;
  if ((flags & kFdflagDsync) != 0) out |= O_DSYNC;
  if ((flags & kFdflagNonblock) != 0) out |= O_NONBLOCK;
  if ((flags & (kFdflagSync | kFdflagRsync)) != 0) out |= O_SYNC;  // Linux: O_RSYNC is O_SYNC
  return Errno::kSuccess;
}

uint16_t guest_fdflags(int flags) {
  uint32_t result = 0;
  if ((flags & O_APPEND) != 0) result |= kFdflagAppend;
  if ((flags & O_NONBLOCK) != 0) result |= kFdflagNonblock;
  if ((flags & O_DSYNC) != 0) result |= kFdflagDsync;
  if ((flags & O_SYNC) == O_SYNC) result |= kFdflagSync | kFdflagRsync;
  return static_cast<uint16_t>(result);
}

}  // namespace wasmedge::wasi
