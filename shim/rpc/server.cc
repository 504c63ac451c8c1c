#include "shim/rpc/server.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <list>
#include <span>

#include "runtime/base/log.h"
#include "shim/rpc/connection.h"

namespace wasmedge::rpc {
namespace asio = boost::asio;
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
/// Calls that one connection may have open: far above what containerd has (a Wait a client).
constexpr size_t kMaxOpenCalls = 1024;

bool is_our_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  if (peer.uid == ::geteuid()) return true;
  log::warning("refused a connection of pid {}, uid {}: only uid {} may use this shim", peer.pid,
               peer.uid, ::geteuid());
  return false;
}

}  // namespace

/// One connection. Kept alive by its read loop, its writer and the calls it has open.
class Server::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(asio::io_context& io, asio::local::stream_protocol::socket socket, const Methods& methods,
          std::shared_ptr<Census> census)
      : io_(io), socket_(std::move(socket)), methods_(methods), census_(std::move(census)) {
    census_->sessions++;
  }
  ~Session() {
    if (--census_->sessions > 0) return;
    census_->idle.cancel();
    if (census_->on_idle) census_->on_idle();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  asio::awaitable<void> read_loop();

 private:
  struct OpenCall {
    explicit OpenCall(asio::io_context& io) : deadline(io) {}
    asio::cancellation_signal cancel;
    asio::steady_timer deadline;
    bool late = false;
  };
  using Calls = std::list<std::shared_ptr<OpenCall>>;

  void begin(Call call);
  void end(uint32_t stream, Calls::iterator open, const std::exception_ptr& exception,
           const Result<std::string>& answer);
  void send(std::string_view bytes);
  asio::awaitable<void> write_loop();

  asio::io_context& io_;
  asio::local::stream_protocol::socket socket_;
  const Methods& methods_;
  std::shared_ptr<Census> census_;
  Connection connection_;
  Calls open_;
  std::string outbox_;
  bool writing_ = false;
  bool closed_ = false;
};

asio::awaitable<void> Server::Session::read_loop() {
  const auto self = shared_from_this();
  std::array<std::byte, 4096> buffer;
  for (;;) {
    const auto [error, count] = co_await socket_.async_read_some(asio::buffer(buffer), kTuple);
    if (error) break;
    Connection::Received received = connection_.receive(std::span(buffer.data(), count));
    if (!received.replies.empty()) send(received.replies);
    for (Call& call : received.calls) begin(std::move(call));
  }
  if (!connection_.idle()) log::warning("a connection ended in the middle of a request");
  closed_ = true;
  // Emitting may end a call, and that removes it from the list: step first.
  for (auto open = open_.begin(); open != open_.end();) {
    (*open++)->cancel.emit(asio::cancellation_type::terminal);
  }
}

void Server::Session::begin(Call call) {
  const auto method = methods_.find({call.service, call.method});
  if (method == methods_.end()) {
    send(encode_status(call.stream, StatusCode::kUnimplemented,
                       fmt::format("this shim has no method {}/{}", call.service, call.method)));
    return;
  }
  if (open_.size() >= kMaxOpenCalls) {
    send(encode_status(call.stream, StatusCode::kResourceExhausted,
                       fmt::format("{} calls are open on this connection", kMaxOpenCalls)));
    return;
  }
  const auto open = open_.insert(open_.end(), std::make_shared<OpenCall>(io_));
  OpenCall& state = **open;
  if (call.timeout_nano > 0) {
    state.deadline.expires_after(std::chrono::nanoseconds(call.timeout_nano));
    // The time may have come, and the call's end too, before this is called.
    state.deadline.async_wait(
        [call_or_none = std::weak_ptr(*open)](const boost::system::error_code& error) {
          const auto late = call_or_none.lock();
          if (error || !late) return;
          late->late = true;
          late->cancel.emit(asio::cancellation_type::terminal);
        });
  }
  asio::co_spawn(io_, method->second(std::move(call.payload)),
                 asio::bind_cancellation_slot(
                     state.cancel.slot(),
                     [self = shared_from_this(), stream = call.stream, open](
                         const std::exception_ptr& exception, const Result<std::string>& answer) {
                       self->end(stream, open, exception, answer);
                     }));
}

void Server::Session::end(uint32_t stream, Calls::iterator open,
                          const std::exception_ptr& exception, const Result<std::string>& answer) {
  const bool late = (*open)->late;
  open_.erase(open);
  if (late && (exception || !answer)) {
    send(encode_status(stream, StatusCode::kDeadlineExceeded, "the call's deadline has passed"));
  } else if (exception) {
    send(encode_reply(stream, tl::unexpected<Error>(error_of(exception))));
  } else {
    send(encode_reply(stream, answer));
  }
}

void Server::Session::send(std::string_view bytes) {
  if (closed_) return;
  outbox_ += bytes;
  if (writing_) return;
  writing_ = true;
  asio::co_spawn(io_, write_loop(), asio::detached);
}

asio::awaitable<void> Server::Session::write_loop() {
  const auto self = shared_from_this();
  while (!outbox_.empty() && !closed_) {
    const std::string bytes = std::exchange(outbox_, {});
    const auto [error, count] = co_await asio::async_write(socket_, asio::buffer(bytes), kTuple);
    if (error) break;  // the read loop sees the same end
  }
  writing_ = false;
}

Server::Server(asio::io_context& io, Fd listening, const Methods& methods)
    : io_(io),
      acceptor_(io, asio::local::stream_protocol(), listening.release()),
      methods_(methods),
      census_(std::make_shared<Census>(io)) {}

Server::~Server() {
  census_->on_idle = nullptr;
}

void Server::start() {
  asio::co_spawn(io_, accept_loop(), asio::detached);
}

void Server::stop() {
  boost::system::error_code
      ignored;  // closing a listening socket cannot fail in a way that matters
  acceptor_.close(ignored);
}

asio::awaitable<void> Server::wait_idle(std::chrono::milliseconds patience) {
  if (census_->sessions == 0) co_return;
  census_->idle.expires_after(patience);
  co_await census_->idle.async_wait(kTuple);
}

asio::awaitable<void> Server::accept_loop() {
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(kTuple);
    if (error == asio::error::operation_aborted) break;
    if (error) {
      // Out of file descriptors, most likely: a connection's end frees one.
      log::warning("accept: {}", error.message());
      asio::steady_timer pause(io_, std::chrono::milliseconds(100));
      co_await pause.async_wait(kTuple);
      continue;
    }
    if (!is_our_user(socket.native_handle())) continue;
    auto session = std::make_shared<Session>(io_, std::move(socket), methods_, census_);
    asio::co_spawn(io_, session->read_loop(), asio::detached);
  }
}

}  // namespace wasmedge::rpc
