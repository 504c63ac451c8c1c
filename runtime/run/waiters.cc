#include "runtime/run/waiters.h"

#include <array>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>

namespace wasmedge::run {
namespace {

using Clock = std::chrono::steady_clock;

struct Waiter {
  const void* address;
  bool notified = false;
  std::condition_variable wake;
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
bool deadline_of(int64_t nanoseconds, Clock::time_point& deadline) {
  const auto now = Clock::now();
  const std::chrono::nanoseconds timeout(nanoseconds);
  if (nanoseconds < 0 || timeout > Clock::time_point::max() - now) return false;
  deadline = now + timeout;
  return true;
}

template <typename T>
Waited wait(const T* address, T expected, int64_t nanoseconds) {
  Clock::time_point deadline;
  const bool has_deadline = deadline_of(nanoseconds, deadline);
  Bucket& bucket = bucket_of(address);
  std::unique_lock lock(bucket.mutex);
  if (__atomic_load_n(address, __ATOMIC_SEQ_CST) != expected) return Waited::kNotEqual;
  Waiter& self = bucket.waiters.emplace_back();
  self.address = address;
  const auto place = std::prev(bucket.waiters.end());
  const auto is_notified = [&self] { return self.notified; };
  if (has_deadline) {
    self.wake.wait_until(lock, deadline, is_notified);
  } else {
    self.wake.wait(lock, is_notified);
  }
  const bool notified = self.notified;
  bucket.waiters.erase(place);
  return notified ? Waited::kNotified : Waited::kTimedOut;
}

}  // namespace

Waited wait_on(const uint32_t* address, uint32_t expected, int64_t nanoseconds) {
  return wait(address, expected, nanoseconds);
}

Waited wait_on(const uint64_t* address, uint64_t expected, int64_t nanoseconds) {
  return wait(address, expected, nanoseconds);
}

uint32_t notify(const void* address, uint32_t count) {
  Bucket& bucket = bucket_of(address);
  const std::lock_guard lock(bucket.mutex);
  uint32_t woken = 0;
  for (Waiter& waiter : bucket.waiters) {
    if (woken == count) break;
    if (waiter.address != address || waiter.notified) continue;
    waiter.notified = true;
    waiter.wake.notify_one();
    ++woken;
  }
  return woken;
}

}  // namespace wasmedge::run
