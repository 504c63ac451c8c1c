#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "oci/phase.h"

/// What is counted: one array of numbers that only grow, each at a place of its own.
namespace wasmedge::metrics {

/// In the order of the text; names and labels are in text.cc.
enum class Counter : uint16_t {
  kServers,
  kCreates,
  kCreateFailures,
  kStartsOfWasm,
  kStartsOfNative,
  kExecs,
  kExecFailures,
  kExitsSuccess,
  kExitsFailure,
  kExitsTrap,
  kExitsSignal,
  kCacheHits,
  kCacheMisses,
  kCompiles,
  kCompileFailures,
};
inline constexpr size_t kCounters = static_cast<size_t>(Counter::kCompileFailures) + 1;

inline constexpr size_t kCodes = static_cast<size_t>(ErrorCode::kInternal) + 1;

enum class Timing : uint16_t { kCreate, kStart, kCompile };
inline constexpr size_t kTimings = static_cast<size_t>(Timing::kCompile) + 1;

/// Upper bounds in seconds; there is one more bucket, without.
inline constexpr std::array kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,  0.25,
                                       0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0, 300.0};
inline constexpr size_t kBuckets = kBounds.size() + 1;

/// Where each number is: counters; failures of Create by phase and code; for each timing its
/// buckets and the sum in nanoseconds.
inline constexpr size_t kFirstFailure = kCounters;
inline constexpr size_t kFirstTiming = kFirstFailure + oci::kPhases * kCodes;
inline constexpr size_t kNumbers = kFirstTiming + kTimings * (kBuckets + 1);

constexpr size_t place_of(Counter counter) {
  return static_cast<size_t>(counter);
}
constexpr size_t place_of(oci::Phase phase, ErrorCode code) {
  return kFirstFailure + static_cast<size_t>(phase) * kCodes + static_cast<size_t>(code);
}
/// Of its first bucket; the sum is kBuckets further on.
constexpr size_t place_of(Timing timing) {
  return kFirstTiming + static_cast<size_t>(timing) * (kBuckets + 1);
}

using Numbers = std::array<uint64_t, kNumbers>;

/// What is to be added.
class Tally {
 public:
  void count(Counter counter) { add(place_of(counter), 1); }
  void failed(const Error& error) { add(place_of(oci::phase_of(error), error.code), 1); }
  void took(Timing timing, std::chrono::nanoseconds time);
  void merge(const Tally& other) {
    additions_.insert(additions_.end(), other.additions_.begin(), other.additions_.end());
  }

  bool empty() const { return additions_.empty(); }
  const std::vector<std::pair<size_t, uint64_t>>& additions() const { return additions_; }

 private:
  void add(size_t place, uint64_t amount) { additions_.emplace_back(place, amount); }

  std::vector<std::pair<size_t, uint64_t>> additions_;  // place, amount
};

}  // namespace wasmedge::metrics
