#include "runtime/wasi/interrupt.h"

#include <cerrno>

#include "runtime/base/sanitizers.h"
#include "runtime/run/trap.h"

#if WASMEDGE_TSAN
// sigaction(2) without ThreadSanitizer, which would put the handler off until the thread calls
// something that it knows: a guest in a loop never does.
extern "C" int __sigaction(int, const struct sigaction*, struct sigaction*) noexcept;  // NOLINT
#define sigaction_now __sigaction
#else
#define sigaction_now sigaction
#endif

namespace wasmedge::wasi {

namespace {

// Of this thread's guest; null: the thread is in none.
constinit thread_local const std::atomic<bool>* guest_ended = nullptr;

void on_interrupt(int, siginfo_t*, void* context) {
  const int error = errno;
  const std::atomic<bool>* ended = guest_ended;
  if (ended != nullptr && ended->load()) run::interrupt_guest(context);
  errno = error;
}

}  // namespace

Result<> install_interrupts() {
  struct sigaction action{};
  action.sa_sigaction = on_interrupt;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;  // and no SA_RESTART
  ::sigfillset(&action.sa_mask);
  if (::sigaction_now(kInterruptSignal, &action, nullptr) != 0) return fail_errno("handle SIGURG");
  return {};
}

Interruptible::Interruptible(const std::atomic<bool>& ended) {
  guest_ended = &ended;
  sigset_t signal;
  ::sigemptyset(&signal);
  ::sigaddset(&signal, kInterruptSignal);
  ::pthread_sigmask(SIG_UNBLOCK, &signal, &before_);
}

Interruptible::~Interruptible() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  guest_ended = nullptr;
}

BlockedSignals::BlockedSignals() {
  sigset_t all;
  ::sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP}) ::sigdelset(&all, fault);
  ::pthread_sigmask(SIG_BLOCK, &all, &before_);
}

}  // namespace wasmedge::wasi
