#include "runtime/cli/time_limit.h"

#include <sys/time.h>
#include <unistd.h>

#include <csignal>

#include "runtime/run/trap.h"
#include "runtime/wasi/command.h"

namespace wasmedge::cli {
namespace {

void on_alarm(int, siginfo_t*, void* context) {
  if (run::interrupt_guest(context)) return;
  run::TrapReport report;  // its strings are empty: nothing allocates
  report.code = run::TrapCode::kInterrupted;
  run::print_trap(STDERR_FILENO, report);
  ::_exit(wasi::kTrapStatus);
}

}  // namespace

Result<> limit_time(std::chrono::nanoseconds limit) {
  struct sigaction action{};
  action.sa_sigaction = on_alarm;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  if (::sigaction(SIGALRM, &action, nullptr) != 0) return fail_errno("handle SIGALRM");
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(limit).count();
  const itimerval timer{.it_interval = {},
                        .it_value = {.tv_sec = micros / 1'000'000, .tv_usec = micros % 1'000'000}};
  if (::setitimer(ITIMER_REAL, &timer, nullptr) != 0) {
    return fail_errno("set a timer of {} us", micros);
  }
  return {};
}

}  // namespace wasmedge::cli
