#include "runtime/wasm/reader.h"

#include "runtime/base/limits.h"

namespace wasmedge::wasm {

void Reader::set_error(ErrorCode code, std::string_view kind, uint32_t offset,
                       std::string_view message) {
  at_ = end_;
  if (!ok()) return;
  if (what_.empty()) {
    status_ = fail(code, "{} module at offset {:#x}: {}", kind, offset, message);
  } else {
    status_ =
        fail(code, "{} module at offset {:#x}, {} {}: {}", kind, offset, what_, index_, message);
  }
}

void Reader::set_malformed(uint32_t offset, std::string_view message) {
  set_error(ErrorCode::kInvalidArgument, "malformed", offset, message);
}

void Reader::set_invalid(uint32_t offset, std::string_view message) {
  set_error(ErrorCode::kInvalidArgument, "invalid", offset, message);
}

void Reader::unsupported(uint32_t offset, Feature feature) {
  set_error(ErrorCode::kUnimplemented, "unsupported", offset,
            fmt::format("needs the {} feature, which is not supported", to_string(feature)));
}

void Reader::over_limit(uint32_t offset, std::string_view what, uint64_t count, uint64_t limit) {
  set_error(ErrorCode::kResourceExhausted, "oversized", offset,
            fmt::format("{} {}, but the limit is {}", count, what, limit));
}

uint8_t Reader::unexpected_end() {
  malformed(static_cast<uint32_t>(end_ - begin_), "unexpected end");
  return 0;
}

uint64_t Reader::leb_unsigned(unsigned bits) {
  const uint32_t start = offset();
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const uint8_t next = byte();
    if (shift + 7 >= bits) {
      if (next >= 0x80) {
        malformed(start, "integer representation too long");
        return 0;
      }
      if ((next >> (bits - shift)) != 0) {
        malformed(start, "integer too large");
        return 0;
      }
    }
    value |= static_cast<uint64_t>(next & 0x7f) << shift;
    if (next < 0x80) return value;
  }
}

int64_t Reader::leb_signed(unsigned bits) {
  const uint32_t start = offset();
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const uint8_t next = byte();
    if (shift + 7 >= bits) {
      if (next >= 0x80) {
        malformed(start, "integer representation too long");
        return 0;
      }
      // What is above the value's bits must repeat its sign bit.
      const int sign_and_above = static_cast<int8_t>(next << 1) >> 1 >> (bits - shift - 1);
      if (sign_and_above != 0 && sign_and_above != -1) {
        malformed(start, "integer too large");
        return 0;
      }
    }
    value |= static_cast<uint64_t>(next & 0x7f) << shift;
    if (next < 0x80) {
      const unsigned used = shift + 7;
      if (used < 64 && (next & 0x40) != 0) value |= ~uint64_t{0} << used;
      return static_cast<int64_t>(value);
    }
  }
}

std::span<const std::byte> Reader::bytes(size_t size) {
  if (size > left()) {
    unexpected_end();
    return {};
  }
  const auto* first = reinterpret_cast<const std::byte*>(at_);
  at_ += size;
  return {first, size};
}

std::string_view Reader::name() {
  const uint32_t start = offset();
  const uint32_t size = u32();
  if (size > left()) {
    malformed(start, "unexpected end: a name of {} bytes, but {} are left", size, left());
    return {};
  }
  const auto content = bytes(size);
  if (size > kLimits.name_bytes) {
    over_limit(start, "bytes in a name", size, kLimits.name_bytes);
    return {};
  }
  if (!is_utf8(content)) {
    malformed(start, "malformed UTF-8 encoding");
    return {};
  }
  return {reinterpret_cast<const char*>(content.data()), content.size()};
}

uint32_t Reader::count(uint32_t limit, std::string_view what) {
  const uint32_t start = offset();
  const uint32_t count = u32();
  if (!ok()) return 0;
  if (count > left()) {
    malformed(start, "unexpected end: {} {}, but {} bytes are left", count, what, left());
    return 0;
  }
  if (count > limit) {
    over_limit(start, what, count, limit);
    return 0;
  }
  return count;
}

namespace {

/// Bytes behind the lead byte of a UTF-8 sequence, and the bounds of the first of them; count 0 for
/// a byte that cannot lead.
struct Utf8Tail {
  unsigned count = 0;
  uint8_t low = 0x80;
  uint8_t high = 0xbf;
};

Utf8Tail utf8_tail(uint8_t lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return {1};
  if (lead == 0xe0) return {2, 0xa0, 0xbf};
  if (lead == 0xed) return {2, 0x80, 0x9f};
  if (lead >= 0xe1 && lead <= 0xef) return {2};
  if (lead == 0xf0) return {3, 0x90, 0xbf};
  if (lead >= 0xf1 && lead <= 0xf3) return {3};
  if (lead == 0xf4) return {3, 0x80, 0x8f};
  return {};
}

}  // namespace

bool is_utf8(std::span<const std::byte> bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<uint8_t>(bytes[i++]);
    if (lead < 0x80) continue;
    const Utf8Tail tail = utf8_tail(lead);
    if (tail.count == 0 || tail.count > bytes.size() - i) return false;
    const auto first = static_cast<uint8_t>(bytes[i]);
    if (first < tail.low || first > tail.high) return false;
    for (unsigned k = 1; k < tail.count; ++k) {
      if ((static_cast<uint8_t>(bytes[i + k]) & 0xc0) != 0x80) return false;
    }
    i += tail.count;
  }
  return true;
}

}  // namespace wasmedge::wasm
