#pragma once

#include <cstdint>

#include "runtime/wasi/errno.h"

namespace wasmedge::wasi {

/// WASI's `fdflags` as open(2) flags; kInval for unknown bits.
Errno host_fdflags(uint32_t flags, int& out);

/// The `fdflags` among open(2) flags, as fcntl(F_GETFL) tells them.
uint16_t guest_fdflags(int flags);

}  // namespace wasmedge::wasi
