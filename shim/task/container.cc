#include "shim/task/container.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "oci/control.h"

namespace wasmedge::task {
namespace asio = boost::asio;
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
/// Far above any error text of a hook.
constexpr size_t kMaxHookError = size_t{1} << 20;

}  // namespace

Container::Container(asio::io_context& io, std::string container_id)
    : Process(io, std::move(container_id), {}) {}

bool Container::has_running_execs() const {
  return std::any_of(execs.begin(), execs.end(),
                     [](const auto& each) { return each.second->state == State::kRunning; });
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

asio::awaitable<Result<>> finish_hooks(asio::io_context& io, oci::HookRun run) {
  asio::posix::stream_descriptor errors(io, run.errors.release());
  co_await errors.async_wait(asio::posix::stream_descriptor::wait_read, kTuple);
  const auto text = read_all(errors.native_handle(), kMaxHookError, "a hook's outcome");
  if (!text) co_return tl::unexpected<Error>(text.error());
  if (!text->empty()) co_return tl::unexpected<Error>(oci::decode_error(*text));
  co_return Result<>();
}

}  // namespace wasmedge::task
