#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wasmedge::rpc {

/// A ttrpc frame: ten bytes of header (data length and stream id as 32-bit big endian, type,
/// flags), then the data. Unary calls use no flags.
enum class FrameType : uint8_t { kRequest = 1, kResponse = 2, kData = 3 };

inline constexpr size_t kFrameHeaderBytes = 10;
/// The protocol's limit on a frame's data, bytes, without the header.
inline constexpr uint32_t kMaxFrameData = 4U << 20;

struct Frame {
  uint32_t stream = 0;
  uint8_t type = 0;  // a FrameType, or a value that a later protocol knows
  uint8_t flags = 0;
  std::string data;
  /// The length announced, when over kMaxFrameData: the data was discarded. Otherwise 0.
  uint32_t oversized = 0;
};

/// Bytes in, frames out, however the bytes are cut. Owns what it has of the unfinished frame;
/// memory follows the bytes that arrived, not the length that a header claims.
///
/// Flow: header (10 bytes) -> data (length bytes; discarded when over the limit) -> frame -> header
class FrameReader {
 public:
  /// Takes bytes off the front of `input`. A frame as soon as one is whole, with `input` left at
  /// the byte behind it; nothing when `input` is used up first. Call until it returns nothing.
  std::optional<Frame> next(std::span<const std::byte>& input);

  /// True between frames: where an end of the stream is no truncation.
  bool idle() const { return header_bytes_ == 0; }

 private:
  void start_frame();

  std::byte header_[kFrameHeaderBytes] = {};
  size_t header_bytes_ = 0;
  uint32_t missing_ = 0;  // data bytes still to come
  Frame frame_;
};

/// One frame; `data` is at most kMaxFrameData bytes, which the caller has checked.
std::string encode_frame(FrameType type, uint32_t stream, std::string_view data);

}  // namespace wasmedge::rpc
