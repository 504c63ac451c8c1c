#pragma once

#include <signal.h>

#include <atomic>

#include "runtime/base/result.h"

/// How threads of a guest are made to leave it (threads.h), and when they cannot be.
namespace wasmedge::wasi {

/// Does nothing until a guest is to end, and nobody else sends it. By default it is ignored.
inline constexpr int kInterruptSignal = SIGURG;

/// Takes over kInterruptSignal for the process, once. System calls that it finds return EINTR.
Result<> install_interrupts();

/// While it lives, and once `ended` is set, the signal ends the guest on this thread, wherever it
/// is in compiled code, and is not blocked.
class Interruptible {
 public:
  explicit Interruptible(const std::atomic<bool>& ended);
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;
  ~Interruptible();

 private:
  sigset_t before_{};
};

/// All signals but those of faults, while it lives.
class BlockedSignals {
 public:
  BlockedSignals();
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  /// The mask that was in force.
  const sigset_t& before() const { return before_; }

 private:
  sigset_t before_{};
};

}  // namespace wasmedge::wasi
