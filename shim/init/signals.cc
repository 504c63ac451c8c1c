#include "shim/init/signals.h"

#include <signal.h>
#include <unistd.h>

namespace wasmedge::init {
namespace {

void leave(int number) {
  ::_exit(128 + number);
}

/// Those whose default is not to end the process, or that cannot be caught.
bool harmless(int number) {
  switch (number) {
    case SIGKILL:
    case SIGSTOP:
    case SIGCHLD:
    case SIGCONT:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGURG:
    case SIGWINCH:
      return true;
    default:
      return false;
  }
}

}  // namespace

void exit_on_signals() {
  struct sigaction action{};
  for (int number = 1; number <= SIGRTMAX; ++number) {
    if (harmless(number)) continue;
    action.sa_handler = number == SIGPIPE ? SIG_IGN : leave;
    ::sigaction(number, &action, nullptr);  // fails for the two that libc keeps for itself
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace wasmedge::init
