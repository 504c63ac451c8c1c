#pragma once

#include "runtime/base/sanitizers.h"
#include "runtime/run/guest_stack.h"

// AddressSanitizer keeps account of which stack a thread is on and of what is poisoned there; these
// tell it about the switch to the guest's stack and about frames that a trap abandons. Nothing in
// other builds.
#if WASMEDGE_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace wasmedge::run {

class StackSwitch {
 public:
#if WASMEDGE_ASAN
  /// On the host's stack, before and after the guest ran. `ended_early`: the guest's frames are
  /// abandoned.
  void leave_host(const GuestStack& stack) {
    __sanitizer_start_switch_fiber(&host_fake_stack_, stack.bottom(),
                                   static_cast<size_t>(stack.top() - stack.bottom()));
  }
  void back_on_host(const GuestStack& stack, bool ended_early) {
    if (ended_early) leave_guest();
    __sanitizer_finish_switch_fiber(host_fake_stack_, nullptr, nullptr);
    if (ended_early) forget(stack.bottom(), stack.top());
  }
  /// On the guest's stack, first and last.
  void arrive_at_guest() { __sanitizer_finish_switch_fiber(nullptr, &host_bottom_, &host_size_); }
  void leave_guest() { __sanitizer_start_switch_fiber(nullptr, host_bottom_, host_size_); }

  /// A nested entry ended early: the frames below this one are abandoned.
  static void forget_below(const GuestStack& stack) {
    forget(stack.bottom(), static_cast<std::byte*>(__builtin_frame_address(0)) - kThisFrame);
  }

 private:
  static constexpr size_t kThisFrame = 4096;
  static void forget(std::byte* from, std::byte* to) {
    if (from < to) __asan_unpoison_memory_region(from, static_cast<size_t>(to - from));
  }
  void* host_fake_stack_ = nullptr;
  const void* host_bottom_ = nullptr;
  size_t host_size_ = 0;
#else
  void leave_host(const GuestStack&) {}
  void back_on_host(const GuestStack&, bool) {}
  void arrive_at_guest() {}
  void leave_guest() {}
  static void forget_below(const GuestStack&) {}
#endif
};

}  // namespace wasmedge::run
