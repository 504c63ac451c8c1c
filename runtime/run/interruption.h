#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/run/activation.h"

namespace wasmedge::run {

/// While it lives, a host function that takes long ends early if interrupt_guest() is called on
/// this thread: it looks at what() now and then, or sleeps on it by futex(2). Host code cannot be
/// left anywhere, as compiled code can. One at a time.
class Interruption {
 public:
  // Other values are the user's.
  static constexpr uint32_t kNone = 0, kInterrupted = ~uint32_t{0};

  Interruption() { Activation::current->interruption = &state_; }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption() { end(); }

  std::atomic<uint32_t>& state() { return state_; }
  bool interrupted() const { return state_ == kInterrupted; }

  /// From here on the guest cannot be interrupted; whether it was.
  bool end() {
    Activation::current->interruption = nullptr;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return interrupted();
  }

  /// Of the innermost entry of this thread, in a signal handler; false if there is none.
  static bool request() {
    std::atomic<uint32_t>* state = Activation::current->interruption;
    uint32_t none = kNone;
    return state != nullptr && state->compare_exchange_strong(none, kInterrupted);
  }

 private:
  std::atomic<uint32_t> state_{kNone};
};

}  // namespace wasmedge::run
