#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::rpc {

/// Answers one call: payload in, payload or Error out, both encoded messages. Runs as a coroutine
/// on the server's one thread. When the caller gives up (its deadline, or the connection's end) the
/// coroutine is cancelled: its next suspension throws boost::system::system_error with
/// operation_aborted.
using Handler = std::function<boost::asio::awaitable<Result<std::string>>(std::string payload)>;

/// (service, method) -> handler. What is not in here is answered UNIMPLEMENTED.
using Methods = std::map<std::pair<std::string, std::string>, Handler>;

/// Serves ttrpc on a listening unix socket, to peers of our own uid only. Calls of one connection
/// run concurrently and are answered in the order they end.
class Server {
 public:
  /// `methods` outlives the server.
  Server(boost::asio::io_context& io, Fd listening, const Methods& methods);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Accepts from now on.
  void start();
  /// Accepts no more; open connections go on.
  void stop();
  /// Connections that are open now.
  size_t connections() const { return census_->sessions; }
  /// Called each time the last open connection ends.
  void on_idle(std::function<void()> callback) { census_->on_idle = std::move(callback); }
  /// Returns when the last connection has ended, or after `patience`.
  boost::asio::awaitable<void> wait_idle(std::chrono::milliseconds patience);

 private:
  class Session;
  /// The connections there are; they share it, for they may outlive the server.
  struct Census {
    explicit Census(boost::asio::io_context& io) : idle(io) {}
    size_t sessions = 0;
    boost::asio::steady_timer idle;  // cancelled when the last session ends
    std::function<void()> on_idle;
  };

  boost::asio::awaitable<void> accept_loop();

  boost::asio::io_context& io_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  const Methods& methods_;
  std::shared_ptr<Census> census_;
};

}  // namespace wasmedge::rpc
