#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "runtime/run/context.h"
#include "runtime/wasi/errno.h"

namespace wasmedge::wasi {

/// The guest's memory as host functions reach it. Every access is checked against the memory's size
/// at that moment; nobody keeps what it returns beyond one call, since the guest owns the bytes.
class GuestMemory {
 public:
  /// The view must outlive this; null: the guest has no memory, and every access fails.
  void bind(const run::MemoryView* view) { view_ = view; }

  /// `size` bytes at `address`, or nullptr if any of them lies outside.
  std::byte* range(uint32_t address, uint64_t size) const {
    if (view_ == nullptr || size > view_->bytes || address > view_->bytes - size) return nullptr;
    return view_->base + address;
  }

  template <typename T>
  Errno load(uint32_t address, T& value) const {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::byte* bytes = range(address, sizeof(T));
    if (bytes == nullptr) return Errno::kFault;
    std::memcpy(&value, bytes, sizeof(T));
    return Errno::kSuccess;
  }

  template <typename T>
  Errno store(uint32_t address, const T& value) const {
    static_assert(std::is_trivially_copyable_v<T>);
    std::byte* bytes = range(address, sizeof(T));
    if (bytes == nullptr) return Errno::kFault;
    std::memcpy(bytes, &value, sizeof(T));
    return Errno::kSuccess;
  }

  /// kFault unless a T can be stored at `address`: asked before a call has any effect.
  template <typename T>
  Errno check(uint32_t address) const {
    return range(address, sizeof(T)) == nullptr ? Errno::kFault : Errno::kSuccess;
  }

 private:
  const run::MemoryView* view_ = nullptr;
};

}  // namespace wasmedge::wasi
