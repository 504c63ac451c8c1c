#pragma once

#include <cstdint>
#include <ctime>

#include "runtime/wasi/errno.h"

namespace wasmedge::wasi {

inline constexpr uint64_t kNanosecondsASecond = 1'000'000'000;

/// The host's clock for a WASI `clockid`: 0 realtime, 1 monotonic, 2 and 3 CPU time of process and
/// thread. kInval for any other.
Errno host_clock(uint32_t id, clockid_t& out);

/// Nanoseconds; 0 for a time before 1970, ~0 for one that 64 bits do not hold.
uint64_t nanoseconds(const timespec& time);
timespec from_nanoseconds(uint64_t time);

/// What `clock` shows now.
uint64_t now(clockid_t clock);

}  // namespace wasmedge::wasi
