#include "runtime/wasi/clock.h"

#include <array>

#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

Errno host_clock(uint32_t id, clockid_t& out) {
  static constexpr std::array<clockid_t, 4> kClocks = {
      CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
  if (id >= kClocks.size()) return Errno::kInval;
  out = kClocks[id];
  return Errno::kSuccess;
}

uint64_t nanoseconds(const timespec& time) {
  if (time.tv_sec < 0) return 0;
  uint64_t result = 0;
  if (__builtin_mul_overflow(static_cast<uint64_t>(time.tv_sec), kNanosecondsASecond, &result) ||
      __builtin_add_overflow(result, static_cast<uint64_t>(time.tv_nsec), &result)) {
    return ~uint64_t{0};
  }
  return result;
}

timespec from_nanoseconds(uint64_t time) {
  return {static_cast<time_t>(time / kNanosecondsASecond),
          static_cast<long>(time % kNanosecondsASecond)};
}

uint64_t now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);  // cannot fail: the clock exists and `time` is ours
  return nanoseconds(time);
}

Errno preview1::clock_res_get(WasiEnv& env, uint32_t clock, uint32_t nanoseconds_out) {
  clockid_t host = 0;
  WASI_TRY(host_clock(clock, host));
  timespec resolution{};
  if (::clock_getres(host, &resolution) != 0) return last_error();
  return env.memory.store(nanoseconds_out, nanoseconds(resolution));
}

Errno preview1::clock_time_get(WasiEnv& env, uint32_t clock, uint64_t /*precision*/,
                               uint32_t nanoseconds_out) {
  clockid_t host = 0;
  WASI_TRY(host_clock(clock, host));
  return env.memory.store(nanoseconds_out, now(host));
}

}  // namespace wasmedge::wasi
