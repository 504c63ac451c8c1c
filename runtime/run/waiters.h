#pragma once

#include <atomic>
#include <cstdint>

/// memory.atomic.wait and notify: threads that sleep until an address is notified. One list for the
/// process, by address in the process, so that all who share a memory meet there, whatever they
/// call it.
namespace wasmedge::run {

/// What memory.atomic.wait gives.
enum class Waited : uint32_t { kNotified = 0, kNotEqual = 1, kTimedOut = 2 };

/// Sleeps if `*address`, which other threads may change, is `expected`. Until notify(), or for
/// `nanoseconds` if they are not negative. The comparison and falling asleep are one step to
/// notify().
///
/// `state` is what the thread sleeps on, 0 before. A signal handler that runs on this thread ends
/// the sleep, as if by the timeout, if it writes there what is neither 0 nor 1.
Waited wait_on(const uint32_t* address, uint32_t expected, int64_t nanoseconds,
               std::atomic<uint32_t>* state = nullptr);
Waited wait_on(const uint64_t* address, uint64_t expected, int64_t nanoseconds,
               std::atomic<uint32_t>* state = nullptr);

/// Wakes at most `count` of those that wait on `address`, the longest waiting first; how many.
uint32_t notify(const void* address, uint32_t count);

}  // namespace wasmedge::run
