#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/wasm/module.h"
#include "runtime/wasm/opcodes.h"

namespace wasmedge::wasm {

/// Reads a run of a module's bytes. The first failure sticks: it is kept with its offset, every
/// later read gives 0, and `done()` holds, so callers check once where it matters. Counts must
/// still be compared with what is left before anything is allocated for them.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> module)
      : Reader(module, ByteRange{0, static_cast<uint32_t>(module.size())}) {}
  /// `range` lies within `module`. With `what`, errors name it: "…, function 3: …".
  Reader(std::span<const std::byte> module, ByteRange range, std::string_view what = {},
         uint32_t index = 0)
      : begin_(reinterpret_cast<const uint8_t*>(module.data())),
        at_(begin_ + range.offset),
        end_(at_ + range.size),
        what_(what),
        index_(index) {}

  /// From the module's first byte to the next byte.
  uint32_t offset() const { return static_cast<uint32_t>(at_ - begin_); }
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  bool done() const { return at_ == end_; }
  bool ok() const { return status_.has_value(); }
  const Result<>& status() const { return status_; }

  uint8_t byte() {
    if (at_ == end_) [[unlikely]]
      return unexpected_end();
    return *at_++;
  }
  /// The next byte, not consumed; 0 at the end.
  uint8_t peek() const { return at_ == end_ ? 0 : *at_; }

  uint32_t u32() {
    if (at_ != end_ && *at_ < 0x80) [[likely]]
      return *at_++;
    return static_cast<uint32_t>(leb_unsigned(32));
  }
  uint64_t u64() { return leb_unsigned(64); }
  int32_t s32() { return static_cast<int32_t>(leb_signed(32)); }
  int64_t s33() { return leb_signed(33); }
  int64_t s64() { return leb_signed(64); }
  /// Little-endian, `Int` wide.
  template <typename Int>
  Int fixed() {
    Int value = 0;
    if (left() < sizeof(Int)) return unexpected_end();
    std::memcpy(&value, at_, sizeof(Int));
    at_ += sizeof(Int);
    return value;
  }
  /// The next `size` bytes, which stay the module's.
  std::span<const std::byte> bytes(size_t size);
  /// A length and as many bytes of UTF-8.
  std::string_view name();
  /// A count of items that take at least a byte each, at most `limit`; `what` names them.
  uint32_t count(uint32_t limit, std::string_view what);

  // What went wrong, at the offset of the byte in question:
  // "malformed module at offset 0x1c, function 3: …"; the bytes break the binary format.
  template <typename... Args>
  void malformed(uint32_t offset, fmt::format_string<Args...> format, Args&&... args) {
    if (ok()) set_malformed(offset, fmt::format(format, std::forward<Args>(args)...));
  }
  /// "invalid module at offset …"; the bytes break a rule of validation.
  template <typename... Args>
  void invalid(uint32_t offset, fmt::format_string<Args...> format, Args&&... args) {
    if (ok()) set_invalid(offset, fmt::format(format, std::forward<Args>(args)...));
  }
  /// "unsupported module at offset …: needs the gc feature, which is not supported".
  void unsupported(uint32_t offset, Feature feature);
  /// "oversized module at offset …: 60000 locals, but the limit is 50000".
  void over_limit(uint32_t offset, std::string_view what, uint64_t count, uint64_t limit);

 private:
  uint8_t unexpected_end();
  uint64_t leb_unsigned(unsigned bits);
  int64_t leb_signed(unsigned bits);
  void set_malformed(uint32_t offset, std::string_view message);
  void set_invalid(uint32_t offset, std::string_view message);
  void set_error(ErrorCode code, std::string_view kind, uint32_t offset, std::string_view message);

  const uint8_t* begin_;
  const uint8_t* at_;
  const uint8_t* end_;
  std::string_view what_;
  uint32_t index_;
  Result<> status_;
};

/// Whether `bytes` are well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::span<const std::byte> bytes);

}  // namespace wasmedge::wasm
