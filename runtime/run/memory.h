#pragma once

#include <atomic>
#include <limits>
#include <memory>
#include <mutex>
#include <span>

#include "runtime/base/result.h"
#include "runtime/run/context.h"
#include "runtime/run/fault_region.h"
#include "runtime/wasm/types.h"

namespace wasmedge::run {

/// What linear memories may take in all, in bytes. Threads may share it.
class MemoryBudget {
 public:
  void limit(uint64_t bytes) { left_ = bytes; }
  bool take(uint64_t bytes) {
    uint64_t left = left_.load();
    while (bytes <= left) {
      if (left_.compare_exchange_weak(left, left - bytes)) return true;
    }
    ++refusals_;
    return false;
  }
  void give_back(uint64_t bytes) { left_ += bytes; }
  uint64_t left() const { return left_; }
  uint64_t refusals() const { return refusals_; }

 private:
  std::atomic<uint64_t> left_ = std::numeric_limits<uint64_t>::max();
  std::atomic<uint64_t> refusals_ = 0;
};

/// A linear memory: address space for all it can grow to is reserved, and a guard (context.h), of
/// which the first bytes are accessible: as many as it has, up to a page of the OS. The base never
/// moves.
///
/// A shared memory may be used by instances of several Stores on several threads, as long as the
/// Store lives that made it.
class Memory {
 public:
  /// A zeroed memory of limits.min pages. Errors: kResourceExhausted if the address space or memory
  /// is not to be had, or over `budget`, which outlives it and also bounds growth; null: none.
  static Result<std::unique_ptr<Memory>> make(const wasm::MemoryType& type,
                                              MemoryBudget* budget = nullptr);

  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory();

  /// Contents for [address, address + bytes), page-aligned, within the current size: mapped
  /// copy-on-write from `file` at `offset`, or copied from `bytes` (the same contents) if file is
  /// -1.
  Result<> map_image(int file, uint64_t offset, uint64_t address, std::span<const std::byte> bytes);

  /// Old size in pages; or ~0, and nothing changed, if over the maximum or out of memory. Atomic.
  uint64_t grow(uint64_t pages);

  uint64_t pages() const { return view_.bytes >> type_.page_log2; }
  const wasm::MemoryType& type() const { return type_; }
  /// Constant address; what code and host functions read the current size through.
  MemoryView* view() { return &view_; }
  std::span<std::byte> bytes() { return {view_.base, view_.bytes}; }

 private:
  Memory(const wasm::MemoryType& type, std::byte* base, size_t reserved, MemoryBudget* budget);

  wasm::MemoryType type_;
  MemoryView view_;
  size_t reserved_;  // bytes of address space
  MemoryBudget* budget_;
  std::mutex growth_;  // held while bytes are made accessible
  FaultRegion region_;
};

}  // namespace wasmedge::run
