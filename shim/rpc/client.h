#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "runtime/base/result.h"

namespace wasmedge::rpc {

/// A ttrpc client for one call at a time over a unix socket. Connects when there is something to
/// say and keeps the connection; a failed call closes it, so that the next call starts afresh.
class Client {
 public:
  /// `path` names the socket, without a scheme.
  Client(boost::asio::io_context& io, std::string path);

  /// The answer's payload. A broken or silent connection is kUnavailable, the peer's refusal is
  /// kFailedPrecondition; an oversized request is kResourceExhausted and is not sent.
  boost::asio::awaitable<Result<std::string>> call(std::string service, std::string method,
                                                   std::string payload,
                                                   std::chrono::milliseconds timeout);

 private:
  boost::asio::awaitable<Result<std::string>> exchange(std::string frame, uint32_t stream);

  boost::asio::local::stream_protocol::socket socket_;
  boost::asio::steady_timer deadline_;
  std::string path_;
  uint32_t next_stream_ = 1;
};

}  // namespace wasmedge::rpc
