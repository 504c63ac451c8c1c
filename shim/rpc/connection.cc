#include "shim/rpc/connection.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "proto/ttrpc.pb.h"

namespace wasmedge::rpc {

Connection::Received Connection::receive(std::span<const std::byte> bytes) {
  Received received;
  while (std::optional<Frame> frame = reader_.next(bytes)) take(std::move(*frame), received);
  return received;
}

void Connection::take(Frame frame, Received& received) {
  if (frame.type != static_cast<uint8_t>(FrameType::kRequest)) return;
  if (frame.oversized > 0) {
    received.replies +=
        encode_status(frame.stream, StatusCode::kResourceExhausted,
                      fmt::format("the request of {} bytes is over ttrpc's limit of {} bytes",
                                  frame.oversized, kMaxFrameData));
    return;
  }
  if (frame.stream % 2 == 0 || frame.stream <= last_stream_) {
    received.replies +=
        encode_status(frame.stream, StatusCode::kInvalidArgument,
                      fmt::format("stream id {} is not an odd number above the last one, {}",
                                  frame.stream, last_stream_));
    return;
  }
  last_stream_ = frame.stream;
  proto::Request request;
  if (!request.ParseFromString(frame.data)) {
    received.replies +=
        encode_status(frame.stream, StatusCode::kInvalidArgument,
                      fmt::format("the {} bytes on stream {} are not a ttrpc request",
                                  frame.data.size(), frame.stream));
    return;
  }
  received.calls.push_back(Call{.stream = frame.stream,
                                .service = std::move(*request.mutable_service()),
                                .method = std::move(*request.mutable_method()),
                                .payload = std::move(*request.mutable_payload()),
                                .timeout_nano = request.timeout_nano()});
}

std::string encode_reply(uint32_t stream, const Result<std::string>& answer) {
  if (!answer) return encode_status(stream, status_of(answer.error().code), answer.error().message);
  proto::Response response;
  response.set_payload(*answer);
  std::string data = response.SerializeAsString();
  if (data.size() > kMaxFrameData) {
    return encode_status(stream, StatusCode::kResourceExhausted,
                         fmt::format("the answer of {} bytes is over ttrpc's limit of {} bytes",
                                     data.size(), kMaxFrameData));
  }
  return encode_frame(FrameType::kResponse, stream, data);
}

std::string encode_status(uint32_t stream, StatusCode code, std::string_view message) {
  // Far more than any text of ours; keeps the frame under its limit whatever went into the text.
  constexpr size_t kMaxMessage = size_t{64} << 10;
  proto::Response response;
  response.mutable_status()->set_code(static_cast<int>(code));
  response.mutable_status()->set_message(std::string(message.substr(0, kMaxMessage)));
  return encode_frame(FrameType::kResponse, stream, response.SerializeAsString());
}

}  // namespace wasmedge::rpc
