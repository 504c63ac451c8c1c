#include <sched.h>

#include <csignal>
#include <iterator>

#include "runtime/run/trap.h"
#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

namespace {

// By the specification's `signal`.
constexpr int kHostSignals[] = {0,       SIGHUP,  SIGINT,  SIGQUIT, SIGILL,    SIGTRAP, SIGABRT,
                                SIGBUS,  SIGFPE,  SIGKILL, SIGUSR1, SIGSEGV,   SIGUSR2, SIGPIPE,
                                SIGALRM, SIGTERM, SIGCHLD, SIGCONT, SIGSTOP,   SIGTSTP, SIGTTIN,
                                SIGTTOU, SIGURG,  SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH,
                                SIGPOLL, SIGPWR,  SIGSYS};

}  // namespace

Errno preview1::sched_yield(WasiEnv&) {
  ::sched_yield();
  return Errno::kSuccess;
}

// A guest has no signal handlers, and so a signal does what it does by default: it ends the guest,
// with the status that shells give for it, or nothing. The host's process gets none. Signals that
// stop a process are not supported: nothing could continue it.
Errno preview1::proc_raise(WasiEnv&, uint32_t signal) {
  if (signal >= std::size(kHostSignals)) return Errno::kInval;
  const int host = kHostSignals[signal];
  switch (host) {
    case 0:
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
      return Errno::kSuccess;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
      return Errno::kNotSup;
    default:
      run::exit_guest(128 + static_cast<uint32_t>(host));
  }
}

void preview1::proc_exit(WasiEnv&, uint32_t status) {
  run::exit_guest(status);
}

}  // namespace wasmedge::wasi
