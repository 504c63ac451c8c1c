#pragma once

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/fd.h"

namespace wasmedge::oci {

/// A descriptor of a process; none if there is no such process.
inline Fd pidfd_of(pid_t pid) {
  return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

/// Every signal at its default and none blocked: what a program expects to start with. Ignored
/// signals and masks would survive an execve(2).
inline void reset_signals() {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace wasmedge::oci
