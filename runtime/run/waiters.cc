#include "runtime/run/waiters.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <list>
#include <mutex>

namespace wasmedge::run {
namespace {

// Values of a waiter's state; any other is an interruption's.
constexpr uint32_t kWaiting = 0, kNotified = 1;

struct Waiter {
  const void* address;
  std::atomic<uint32_t>* state;
};

/// Those whose addresses have the same hash; the longest waiting first.
struct Bucket {
  std::mutex mutex;
  std::list<Waiter> waiters;  // guarded by mutex
};

Bucket& bucket_of(const void* address) {
  constexpr size_t kBuckets = 256;
  static auto* const buckets = new std::array<Bucket, kBuckets>;  // outlives every thread
  const auto number = reinterpret_cast<uintptr_t>(address);
  return (*buckets)[(number >> 2 ^ number >> 10) % kBuckets];
}

// The time to give up at; none if it is never, or further than the clock counts.
bool deadline_of(int64_t nanoseconds, timespec& deadline) {
  constexpr int64_t kSecond = 1'000'000'000;
  if (nanoseconds < 0) return false;
  clock_gettime(CLOCK_MONOTONIC, &deadline);
  const int64_t nanos = deadline.tv_nsec + nanoseconds % kSecond;
  deadline.tv_nsec = nanos % kSecond;
  return !__builtin_add_overflow(deadline.tv_sec, nanoseconds / kSecond + nanos / kSecond,
                                 &deadline.tv_sec);
}

// Returns when the state changes, at the deadline, or after a signal.
long sleep_on(std::atomic<uint32_t>& state, const timespec* deadline) {
  return syscall(SYS_futex, &state, FUTEX_WAIT_BITSET_PRIVATE, kWaiting, deadline, nullptr,
                 FUTEX_BITSET_MATCH_ANY);
}

void sleep_until(std::atomic<uint32_t>& state, const timespec* deadline) {
  while (state == kWaiting) {
    if (sleep_on(state, deadline) != 0 && errno == ETIMEDOUT) return;
  }
}

template <typename T>
Waited wait(const T* address, T expected, int64_t nanoseconds, std::atomic<uint32_t>& state) {
  timespec deadline{};
  const bool has_deadline = deadline_of(nanoseconds, deadline);
  Bucket& bucket = bucket_of(address);
  std::unique_lock lock(bucket.mutex);
  if (__atomic_load_n(address, __ATOMIC_SEQ_CST) != expected) return Waited::kNotEqual;
  const auto place = bucket.waiters.insert(bucket.waiters.end(), {address, &state});
  lock.unlock();
  sleep_until(state, has_deadline ? &deadline : nullptr);
  lock.lock();
  bucket.waiters.erase(place);
  return state == kNotified ? Waited::kNotified : Waited::kTimedOut;
}

}  // namespace

Waited wait_on(const uint32_t* address, uint32_t expected, int64_t nanoseconds,
               std::atomic<uint32_t>* state) {
  std::atomic<uint32_t> own{kWaiting};
  return wait(address, expected, nanoseconds, state != nullptr ? *state : own);
}

Waited wait_on(const uint64_t* address, uint64_t expected, int64_t nanoseconds,
               std::atomic<uint32_t>* state) {
  std::atomic<uint32_t> own{kWaiting};
  return wait(address, expected, nanoseconds, state != nullptr ? *state : own);
}

uint32_t notify(const void* address, uint32_t count) {
  Bucket& bucket = bucket_of(address);
  const std::lock_guard lock(bucket.mutex);
  uint32_t woken = 0;
  for (Waiter& waiter : bucket.waiters) {
    if (woken == count) break;
    uint32_t waiting = kWaiting;
    if (waiter.address != address || !waiter.state->compare_exchange_strong(waiting, kNotified)) {
      continue;
    }
    syscall(SYS_futex, waiter.state, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    ++woken;
  }
  return woken;
}

}  // namespace wasmedge::run
