#include "shim/task/container.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "oci/control.h"
#include "shim/task/descriptor.h"

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
  asio::posix::stream_descriptor errors(io);
  if (auto given = give(errors, std::move(run.errors)); !given) {
    co_return tl::unexpected<Error>(given.error());
  }
  std::string text;  // to its end: the hook's error may come in pieces
  const auto [error, size] =
      co_await asio::async_read(errors, asio::dynamic_buffer(text, kMaxHookError), kTuple);
  if (error && error != asio::error::eof) {
    co_return fail(ErrorCode::kInternal, "read a hook's outcome: {}", error.message());
  }
  if (!text.empty()) co_return tl::unexpected<Error>(oci::decode_error(text));
  co_return Result<>();
}

}  // namespace wasmedge::task
