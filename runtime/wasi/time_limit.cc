#include "runtime/wasi/time_limit.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "runtime/run/trap.h"
#include "runtime/wasi/command.h"

namespace wasmedge::wasi {
namespace {

// What a signal handler may use: made before.
struct Farewell {
  int fd = -1;
  std::array<char, 512> line{};
  size_t size = 0;
};
Farewell farewell;

void on_alarm(int, siginfo_t*, void* context) {
  if (farewell.fd >= 0) {  // a reader that does not keep up misses it
    [[maybe_unused]] const ssize_t told = ::write(farewell.fd, farewell.line.data(), farewell.size);
    farewell.fd = -1;
  }
  if (run::interrupt_guest(context)) return;
  run::TrapReport report;  // its strings are empty: nothing allocates
  report.code = run::TrapCode::kInterrupted;
  run::print_trap(STDERR_FILENO, report);
  // Not _exit(2)'s function: before one that does not return, AddressSanitizer takes locks that the
  // interrupted code may hold.
  ::syscall(SYS_exit_group, kTrapStatus);
}

}  // namespace

Result<> limit_time(std::chrono::nanoseconds limit, int denials, std::string_view rule) {
  const std::string line = fmt::format("refused: run on: {}", rule);
  farewell.size = std::min(line.size(), farewell.line.size() - 1);
  std::copy_n(line.begin(), farewell.size, farewell.line.begin());
  farewell.line[farewell.size++] = '\n';
  farewell.fd = denials;
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

}  // namespace wasmedge::wasi
