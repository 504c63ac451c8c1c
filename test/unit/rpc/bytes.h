#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/ttrpc.pb.h"
#include "shim/rpc/frame.h"

namespace wasmedge::rpc {

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// A header alone, for frames that no encoder of ours would make.
inline std::string raw_header(uint32_t length, uint32_t stream, uint8_t type, uint8_t flags = 0) {
  std::string bytes;
  for (const uint32_t value : {length, stream}) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  }
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  return bytes;
}

inline std::string request_frame(uint32_t stream, const std::string& service,
                                 const std::string& method, const std::string& payload,
                                 int64_t timeout_nano = 0) {
  proto::Request request;
  request.set_service(service);
  request.set_method(method);
  request.set_payload(payload);
  request.set_timeout_nano(timeout_nano);
  return encode_frame(FrameType::kRequest, stream, request.SerializeAsString());
}

/// Every frame in `bytes`, which end with the last of them.
inline std::vector<Frame> frames_in(std::string_view bytes) {
  FrameReader reader;
  std::vector<Frame> frames;
  auto input = as_bytes(bytes);
  while (auto frame = reader.next(input)) frames.push_back(std::move(*frame));
  return frames;
}

inline proto::Response response_in(const Frame& frame) {
  proto::Response response;
  response.ParseFromString(frame.data);
  return response;
}

}  // namespace wasmedge::rpc
