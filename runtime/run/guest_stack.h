#pragma once

#include <cstddef>
#include <memory>

namespace wasmedge::run {

/// The stack on which this thread's guests run, and the host functions that they call. One mapping:
///
///   signal stack (the fault handler's) | guard, no access | stack, growing down to the guard
///
/// A fault in the guard is the trap "call stack exhausted".
class GuestStack {
 public:
  /// This thread's; made at the first call, unmapped when the thread ends. Null if the kernel
  /// refuses (address space, number of mappings).
  static GuestStack* of_thread();
  /// A stack for a thread that has not begun; null likewise.
  static std::unique_ptr<GuestStack> make();
  /// `stack` becomes this thread's, before its first guest.
  static void adopt(std::unique_ptr<GuestStack> stack);

  GuestStack(const GuestStack&) = delete;
  GuestStack& operator=(const GuestStack&) = delete;
  ~GuestStack();

  std::byte* bottom() const { return guard() + kGuard; }
  std::byte* top() const { return base_ + kSize; }
  bool in_guard(const void* address) const {
    const auto* at = static_cast<const std::byte*>(address);
    return at >= guard() && at < bottom();
  }

 private:
  static const size_t kSize;
  static const size_t kGuard;

  explicit GuestStack(std::byte* base) : base_(base) {}
  void provide_signal_stack();
  std::byte* guard() const;

  std::byte* base_;
  bool owns_signal_stack_ = false;
};

}  // namespace wasmedge::run
