#include "shim/task/process.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "shim/task/time.h"

namespace wasmedge::task {
namespace asio = boost::asio;
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

tl::unexpected<Error> finished(const Process& process) {
  if (process.exec_id.empty()) {
    return fail(ErrorCode::kNotFound, "the process of {} has already finished", process.name());
  }
  return fail(ErrorCode::kNotFound, "{} has already finished", process.name());
}

}  // namespace

Process::Process(asio::io_context& io, std::string container_id, std::string exec)
    : id(std::move(container_id)),
      exec_id(std::move(exec)),
      log(id, exec_id),
      end_signal(io, asio::steady_timer::time_point::max()),
      waiting(io) {}

std::string Process::name() const {
  if (exec_id.empty()) return fmt::format("container \"{}\"", id);
  return fmt::format("process \"{}\" in container \"{}\"", exec_id, id);
}

void end(Process& process, uint32_t exit_status) {
  process.ended = true;
  process.exit_status = exit_status;
  process.exited_at = now();
  process.pidfd = -1;
  process.stdio.finish();
  if (process.console) process.console->finish();
  process.end_signal.cancel();
  if (process.waiting.is_open()) process.waiting.cancel();
}

asio::awaitable<void> wait_for_end(Process& process) {
  while (!process.ended) co_await process.end_signal.async_wait(kTuple);
}

void settle(Process& process) {
  process.settled = true;
  process.end_signal.cancel();
}

asio::awaitable<void> wait_for_settled(Process& process) {
  while (!process.settled) co_await process.end_signal.async_wait(kTuple);
}

asio::awaitable<void> wait_readable(Process& process, int fd) {
  struct Loan {  // cancellation may throw: the descriptor must not close what it has on loan
    asio::posix::stream_descriptor& descriptor;
    ~Loan() { descriptor.release(); }
  };
  process.waiting.assign(fd);
  const Loan loan{process.waiting};
  co_await process.waiting.async_wait(asio::posix::stream_descriptor::wait_read, kTuple);
}

Result<> send_signal(const Process& process, int signal) {
  if (process.pidfd < 0) return finished(process);
  if (::syscall(SYS_pidfd_send_signal, process.pidfd, signal, nullptr, 0) == 0) return {};
  if (errno == ESRCH) return finished(process);
  if (errno == EINVAL) return fail(ErrorCode::kInvalidArgument, "there is no signal {}", signal);
  return fail_errno("send signal {} to process {} of {}", signal, process.pid, process.name());
}

}  // namespace wasmedge::task
