#include "shim/task/console.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <limits>
#include <utility>

#include "shim/task/descriptor.h"

namespace wasmedge::task {
namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr size_t kBufferBytes = 4096;

/// Until either ends; to nowhere, if that is not open. `owner` has both.
asio::awaitable<void> copy([[maybe_unused]] std::shared_ptr<void> owner, Descriptor& from,
                           Descriptor& to) {
  const bool wanted = to.is_open();
  std::array<char, kBufferBytes> bytes{};
  for (;;) {
    const auto space = asio::buffer(bytes);
    const auto [ended, count] = co_await from.async_read_some(space, kTuple);
    if (ended) co_return;
    if (!wanted) continue;
    const auto data = asio::buffer(bytes.data(), count);
    const auto [failed, written] = co_await asio::async_write(to, data, kTuple);
    if (failed) co_return;
  }
}

}  // namespace

struct Console::Copying {
  Copying(asio::io_context& io, Fd peer_end)
      : master(io), peer(std::move(peer_end)), in(io), out(io), drained(io) {}

  Descriptor master;
  /// While it is open, a process that closes all its ends of the terminal may open it again.
  Fd peer;
  Descriptor in, out;
  bool closed = false;
  asio::steady_timer drained;

  void close() {
    closed = true;
    peer.reset();
    for (Descriptor* each : {&master, &in, &out}) {
      boost::system::error_code ignored;  // closing cannot fail in a way that matters
      each->close(ignored);
    }
    drained.cancel();
  }
};

Result<Console> Console::open(asio::io_context& io, Fd master, Fd in, Fd out) {
  Fd peer(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!peer) return fail_errno("open the other end of a process's terminal");
  auto copying = std::make_shared<Copying>(io, std::move(peer));
  TRY(give(copying->master, std::move(master)));
  if (in) TRY(give(copying->in, std::move(in)));
  if (out) TRY(give(copying->out, std::move(out)));
  if (copying->in.is_open()) {
    asio::co_spawn(io, copy(copying, copying->in, copying->master), asio::detached);
  }
  asio::co_spawn(io, copy_output(copying), asio::detached);
  return Console(std::move(copying));
}

Console::~Console() {
  if (copying_) copying_->close();
}

/// To the end of the terminal, EIO.
asio::awaitable<void> Console::copy_output(std::shared_ptr<Copying> copying) {
  co_await copy(copying, copying->master, copying->out);
  copying->close();
}

Result<> Console::resize(uint32_t width, uint32_t height) const {
  constexpr uint32_t kMost = std::numeric_limits<decltype(winsize::ws_row)>::max();
  if (width > kMost || height > kMost) {
    return fail(ErrorCode::kInvalidArgument, "a terminal of {} x {} characters: {} is the most",
                width, height, kMost);
  }
  if (!copying_->master.is_open()) return {};
  winsize size{};
  size.ws_col = static_cast<unsigned short>(width);
  size.ws_row = static_cast<unsigned short>(height);
  if (::ioctl(copying_->master.native_handle(), TIOCSWINSZ, &size) == 0) return {};
  return fail_errno("set the terminal's size");
}

void Console::finish() {
  copying_->peer.reset();
}

asio::awaitable<void> Console::wait_until_drained(std::chrono::milliseconds limit) const {
  const auto copying = copying_;
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!copying->closed && std::chrono::steady_clock::now() < until) {
    copying->drained.expires_at(until);
    co_await copying->drained.async_wait(kTuple);
  }
}

}  // namespace wasmedge::task
