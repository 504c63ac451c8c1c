#include "shim/task/container.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "oci/control.h"
#include "shim/task/time.h"

namespace wasmedge::task {
namespace asio = boost::asio;
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
/// Far above any error text of a hook.
constexpr size_t kMaxHookError = size_t{1} << 20;

}  // namespace

Container::Container(asio::io_context& io, std::string container_id)
    : id(std::move(container_id)),
      end_signal(io, asio::steady_timer::time_point::max()),
      waiting(io) {}

void end(Container& container, uint32_t exit_status) {
  container.ended = true;
  container.exit_status = exit_status;
  container.exited_at = now();
  container.pidfd = -1;
  container.end_signal.cancel();
  if (container.waiting.is_open()) container.waiting.cancel();
}

asio::awaitable<void> wait_for_end(Container& container) {
  while (!container.ended) co_await container.end_signal.async_wait(kTuple);
}

void settle(Container& container) {
  container.settled = true;
  container.end_signal.cancel();
}

asio::awaitable<void> wait_for_settled(Container& container) {
  while (!container.settled) co_await container.end_signal.async_wait(kTuple);
}

asio::awaitable<void> wait_readable(Container& container, int fd) {
  struct Loan {  // cancellation may throw: the descriptor must not close what it has on loan
    asio::posix::stream_descriptor& descriptor;
    ~Loan() { descriptor.release(); }
  };
  container.waiting.assign(fd);
  const Loan loan{container.waiting};
  co_await container.waiting.async_wait(asio::posix::stream_descriptor::wait_read, kTuple);
}

asio::awaitable<Result<>> freeze(asio::io_context& io, Container& container) {
  constexpr auto kStep = std::chrono::milliseconds(1);
  constexpr auto kPatience = std::chrono::seconds(10);  // a process may be waiting for a disk
  const auto until = std::chrono::steady_clock::now() + kPatience;
  asio::steady_timer pause(io);
  Result<> frozen = container.cgroup->set_frozen(true);
  while (frozen && !container.ended && !container.cgroup->is_frozen()) {
    if (std::chrono::steady_clock::now() > until) {
      frozen = fail(ErrorCode::kUnavailable, "its processes did not stop within {} s",
                    kPatience.count());
      break;
    }
    pause.expires_after(kStep);
    co_await pause.async_wait(kTuple);
  }
  if (frozen && !container.ended) co_return frozen;
  if (auto thawed = container.cgroup->set_frozen(false); !thawed && frozen) frozen = thawed;
  if (!frozen)
    co_return wrap(frozen.error(), fmt::format("Pause of container \"{}\"", container.id));
  co_return frozen;
}

Result<> send_signal(const Container& container, int signal) {
  if (container.pidfd < 0) {
    return fail(ErrorCode::kNotFound, "the process of container \"{}\" has already finished",
                container.id);
  }
  if (::syscall(SYS_pidfd_send_signal, container.pidfd, signal, nullptr, 0) == 0) return {};
  if (errno == ESRCH) {
    return fail(ErrorCode::kNotFound, "the process of container \"{}\" has already finished",
                container.id);
  }
  if (errno == EINVAL) {
    return fail(ErrorCode::kInvalidArgument, "there is no signal {}", signal);
  }
  return fail_errno("send signal {} to process {} of container \"{}\"", signal, container.pid,
                    container.id);
}

asio::awaitable<Result<>> finish_hooks(asio::io_context& io, oci::HookRun run) {
  asio::posix::stream_descriptor errors(io, run.errors.release());
  co_await errors.async_wait(asio::posix::stream_descriptor::wait_read, kTuple);
  const auto text = read_all(errors.native_handle(), kMaxHookError, "a hook's outcome");
  if (!text) co_return tl::unexpected<Error>(text.error());
  if (!text->empty()) co_return tl::unexpected<Error>(oci::decode_error(*text));
  co_return Result<>();
}

}  // namespace wasmedge::task
