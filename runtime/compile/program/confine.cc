#include "runtime/compile/program/confine.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <new>
#include <optional>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/sanitizers.h"
#include "runtime/compile/program/lockdown.h"

namespace wasmedge::compile {
namespace {

using Clock = std::chrono::steady_clock;

// The child's exit status: 0, or kFailed + the ErrorCode of the report, or out of memory.
constexpr int kFailed = 64;
constexpr int kOutOfMemory = 80;
constexpr int kLastFailed = kFailed + static_cast<int>(ErrorCode::kInternal);
static_assert(kLastFailed < kOutOfMemory);

constexpr size_t kReportBytes = size_t{16} << 10;

[[noreturn]] void end_with(const Error& error) {
  [[maybe_unused]] const auto written = write_all(STDERR_FILENO, error.message, "the report");
  ::_exit(kFailed + static_cast<int>(error.code));
}

[[noreturn]] void child(const Bounds& bounds, std::span<const int> keep, pid_t parent, int report,
                        const std::function<Result<>()>& work) {
  if (::dup2(report, STDERR_FILENO) < 0) ::_exit(kFailed + static_cast<int>(ErrorCode::kInternal));
  std::set_new_handler(end_out_of_memory);
  if (auto locked = lock_down(bounds, keep, parent); !locked) end_with(locked.error());
  if (auto done = work(); !done) end_with(done.error());
  ::_exit(0);
}

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 1'000'000));
}

// The child as its supervisor sees it; killed at the end of its life or this object's.
class Child {
 public:
  Child(pid_t pid, Fd report)
      : pid_(pid),
        process_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
        report_(std::move(report)) {}
  ~Child() {
    if (pid_ > 0) reap_killed();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Its wait status, or nothing at the deadline (it is dead then too).
  Result<std::optional<int>> wait(Clock::time_point deadline) {
    if (!process_) return fail_errno("open the compiler's process");
    for (;;) {
      std::array<pollfd, 2> events = {pollfd{process_.get(), POLLIN, 0},
                                      pollfd{report_.get(), POLLIN, 0}};
      const int ready = ::poll(events.data(), events.size(), milliseconds_until(deadline));
      if (ready < 0 && errno != EINTR) return fail_errno("wait for the compiler's process");
      if (ready > 0 && events[1].revents != 0) read_report();
      if (ready > 0 && events[0].revents != 0) break;
      if (Clock::now() >= deadline) {
        reap_killed();
        return std::nullopt;
      }
    }
    const int status = reap();
    read_report();
    return status;
  }

  // What it wrote, in printable form; cut.
  std::string report() const {
    std::string text = text_.substr(0, kReportBytes);
    for (char& c : text) {
      if (c != '\n' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) c = '?';
    }
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }

 private:
  // All there is; what exceeds the bound is dropped, so that the child never blocks on it.
  void read_report() {
    std::array<char, 4096> buffer;
    for (;;) {
      const ssize_t count = ::read(report_.get(), buffer.data(), buffer.size());
      if (count <= 0) {
        if (count == 0) report_.reset();
        return;
      }
      if (text_.size() < kReportBytes) text_.append(buffer.data(), static_cast<size_t>(count));
    }
  }
  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }
  void reap_killed() {
    ::kill(pid_, SIGKILL);
    reap();
  }

  pid_t pid_;
  Fd process_;
  Fd report_;
  std::string text_;
};

tl::unexpected<Error> exceeded(std::string_view doing, std::string bound) {
  return fail(ErrorCode::kResourceExhausted, "{} exceeded the limit of {}", doing, bound);
}

tl::unexpected<Error> killed(const Bounds& bounds, std::string_view doing, int signal,
                             const std::string& report) {
  switch (signal) {
    case SIGXCPU:
      return exceeded(doing, fmt::format("{} s of CPU time", bounds.cpu_seconds));
    case SIGXFSZ:
      return exceeded(doing, fmt::format("{} MiB for its result", bounds.output_bytes >> 20));
    case SIGKILL:
      return fail(
          ErrorCode::kResourceExhausted,
          "{} was killed (SIGKILL): most likely the machine or its cgroup ran out of memory",
          doing);
    case SIGSYS:
      return fail(
          ErrorCode::kInternal,
          "{} was ended at a system call that it has no business with (SIGSYS): a fault of the "
          "compiler, or an attack by the module",
          doing);
    default:
      return fail(ErrorCode::kInternal,
                  "{} crashed the compiler (signal {}, {}): please report it with the module{}{}",
                  doing, signal, ::strsignal(signal), report.empty() ? "" : ". It said: ", report);
  }
}

Result<> outcome(const Bounds& bounds, std::string_view doing, int status,
                 const std::string& report) {
  if (WIFSIGNALED(status)) return killed(bounds, doing, WTERMSIG(status), report);
  const int code = WEXITSTATUS(status);
  if (code == 0) return {};
  if (code == kOutOfMemory) {
    return exceeded(doing, fmt::format("{} MiB memory", bounds.memory_bytes >> 20));
  }
  if (code >= kFailed && code <= kLastFailed) {
    return tl::unexpected<Error>(Error{static_cast<ErrorCode>(code - kFailed), report});
  }
  return fail(ErrorCode::kInternal, "{} ended with status {}. It said: {}", doing, code, report);
}

}  // namespace

bool confined_fully() {
#if WASMEDGE_ASAN || WASMEDGE_TSAN
  return false;
#else
  return true;
#endif
}

void end_out_of_memory() {
  ::_exit(kOutOfMemory);
}

void end_fatal(std::string_view message) {
  end_with({ErrorCode::kInternal, std::string(message)});
}

Result<> run_confined(const Bounds& bounds, std::span<const int> keep, std::string_view doing,
                      const std::function<Result<>()>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe for the compiler");
  Fd report(ends[0]);
  Fd theirs(ends[1]);
  if (::fcntl(report.get(), F_SETFL, O_NONBLOCK) != 0)
    return fail_errno("set up the compiler's pipe");

  const auto deadline = Clock::now() + std::chrono::seconds(bounds.wall_seconds);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork the compiler's process");
  if (pid == 0) child(bounds, keep, parent, theirs.get(), work);
  theirs.reset();

  Child running(pid, std::move(report));
  TRY_ASSIGN(const std::optional<int> status, running.wait(deadline));
  if (!status) return exceeded(doing, fmt::format("{} s", bounds.wall_seconds));
  return outcome(bounds, doing, *status, running.report());
}

}  // namespace wasmedge::compile
