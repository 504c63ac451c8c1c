#include "shim/rpc/frame.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace wasmedge::rpc {
namespace {

uint32_t load_big_endian(const std::byte* from) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++) value = value << 8 | std::to_integer<uint32_t>(from[i]);
  return value;
}

void append_big_endian(std::string& to, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) to += static_cast<char>(value >> shift);
}

}  // namespace

void FrameReader::start_frame() {
  const uint32_t length = load_big_endian(header_);
  frame_ = Frame{.stream = load_big_endian(header_ + 4),
                 .type = std::to_integer<uint8_t>(header_[8]),
                 .flags = std::to_integer<uint8_t>(header_[9]),
                 .data = {},
                 .oversized = length > kMaxFrameData ? length : 0};
  missing_ = length;
}

std::optional<Frame> FrameReader::next(std::span<const std::byte>& input) {
  if (header_bytes_ < kFrameHeaderBytes) {
    const size_t count = std::min(kFrameHeaderBytes - header_bytes_, input.size());
    if (count > 0) std::memcpy(header_ + header_bytes_, input.data(), count);
    header_bytes_ += count;
    input = input.subspan(count);
    if (header_bytes_ < kFrameHeaderBytes) return std::nullopt;
    start_frame();
  }
  const size_t count = std::min<size_t>(missing_, input.size());
  if (frame_.oversized == 0) {
    frame_.data.append(reinterpret_cast<const char*>(input.data()), count);
  }
  missing_ -= static_cast<uint32_t>(count);
  input = input.subspan(count);
  if (missing_ > 0) return std::nullopt;
  header_bytes_ = 0;
  return std::exchange(frame_, {});
}

std::string encode_frame(FrameType type, uint32_t stream, std::string_view data) {
  std::string bytes;
  bytes.reserve(kFrameHeaderBytes + data.size());
  append_big_endian(bytes, static_cast<uint32_t>(data.size()));
  append_big_endian(bytes, stream);
  bytes += static_cast<char>(type);
  bytes += '\0';
  bytes += data;
  return bytes;
}

}  // namespace wasmedge::rpc
