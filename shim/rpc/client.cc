#include "shim/rpc/client.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <span>
#include <utility>

#include "proto/ttrpc.pb.h"
#include "shim/rpc/frame.h"

namespace wasmedge::rpc {
namespace asio = boost::asio;
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

Result<std::string> answer_of(const Frame& frame) {
  if (frame.oversized > 0) {
    return fail(ErrorCode::kUnavailable, "an answer of {} bytes is over ttrpc's limit",
                frame.oversized);
  }
  proto::Response response;
  if (!response.ParseFromString(frame.data)) {
    return fail(ErrorCode::kUnavailable, "the answer is not a ttrpc response");
  }
  if (response.status().code() != 0) {
    return fail(ErrorCode::kFailedPrecondition, "refused with status {}: {}",
                response.status().code(), response.status().message());
  }
  return std::move(*response.mutable_payload());
}

}  // namespace

Client::Client(asio::io_context& io, std::string path)
    : socket_(io), deadline_(io), path_(std::move(path)) {}

asio::awaitable<Result<std::string>> Client::call(std::string service, std::string method,
                                                  std::string payload,
                                                  std::chrono::milliseconds timeout) {
  const uint32_t stream = next_stream_;
  proto::Request request;
  request.set_service(std::move(service));
  request.set_method(std::move(method));
  request.set_payload(std::move(payload));
  request.set_timeout_nano(std::chrono::nanoseconds(timeout).count());
  const std::string data = request.SerializeAsString();
  if (data.size() > kMaxFrameData) {
    co_return fail(ErrorCode::kResourceExhausted,
                   "the request of {} bytes is over ttrpc's limit of {} bytes", data.size(),
                   kMaxFrameData);
  }
  next_stream_ += 2;

  deadline_.expires_after(timeout);
  deadline_.async_wait([this](const boost::system::error_code& error) {
    boost::system::error_code ignored;  // whatever closing says, the call has failed
    if (!error) socket_.close(ignored);
  });
  Result<std::string> answer =
      co_await exchange(encode_frame(FrameType::kRequest, stream, data), stream);
  deadline_.cancel();
  if (!answer) {
    boost::system::error_code ignored;
    socket_.close(ignored);
    next_stream_ = 1;
  }
  co_return answer;
}

asio::awaitable<Result<std::string>> Client::exchange(std::string frame, uint32_t stream) {
  if (!socket_.is_open()) {
    const auto [error] =
        co_await socket_.async_connect(asio::local::stream_protocol::endpoint(path_), kTuple);
    if (error) co_return fail(ErrorCode::kUnavailable, "connect to {}: {}", path_, error.message());
  }
  const auto [error, sent] = co_await asio::async_write(socket_, asio::buffer(frame), kTuple);
  if (error) co_return fail(ErrorCode::kUnavailable, "send to {}: {}", path_, error.message());
  FrameReader reader;
  std::array<std::byte, 1024> buffer;
  for (;;) {
    const auto [error, count] = co_await socket_.async_read_some(asio::buffer(buffer), kTuple);
    if (error) {
      co_return fail(ErrorCode::kUnavailable, "answer from {}: {}", path_, error.message());
    }
    std::span<const std::byte> input(buffer.data(), count);
    while (std::optional<Frame> received = reader.next(input)) {
      if (received->type == static_cast<uint8_t>(FrameType::kResponse) &&
          received->stream == stream) {
        co_return answer_of(*received);
      }
    }
  }
}

}  // namespace wasmedge::rpc
