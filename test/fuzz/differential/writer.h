#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/wasm/opcodes.h"
#include "runtime/wasm/types.h"

namespace wasmedge::fuzz {

/// Bytes of the binary format.
class Writer {
 public:
  const std::vector<uint8_t>& bytes() const { return bytes_; }

  Writer& byte(uint8_t value) {
    bytes_.push_back(value);
    return *this;
  }
  Writer& raw(uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) byte(static_cast<uint8_t>(value >> (8 * i)));
    return *this;
  }
  Writer& number(uint64_t value) {
    for (; value > 0x7f; value >>= 7) byte(static_cast<uint8_t>(value | 0x80));
    return byte(static_cast<uint8_t>(value));
  }
  Writer& signed_number(int64_t value) {
    for (; value < -64 || value > 63; value >>= 7)
      byte(static_cast<uint8_t>((value & 0x7f) | 0x80));
    return byte(static_cast<uint8_t>(value & 0x7f));
  }
  Writer& name(std::string_view text) {
    number(text.size());
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return *this;
  }
  Writer& append(const Writer& other) {
    bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
    return *this;
  }
  /// With its size in front: a section's content, a function's body.
  Writer& sized(const Writer& content) { return number(content.bytes_.size()).append(content); }
  Writer& section(uint8_t id, const Writer& content) { return byte(id).sized(content); }

  Writer& op(wasm::Op op) {
    const uint32_t encoding = wasm::info(op).encoding;
    if (encoding <= 0xff) return byte(static_cast<uint8_t>(encoding));
    return byte(static_cast<uint8_t>(encoding >> 16)).number(encoding & 0xffff);
  }
  Writer& op(wasm::Op instruction, uint64_t index) { return op(instruction).number(index); }
  Writer& op(wasm::Op instruction, uint64_t a, uint64_t b) {
    return op(instruction).number(a).number(b);
  }
  Writer& i32(int32_t value) { return op(wasm::Op::i32_const).signed_number(value); }
  Writer& i64(int64_t value) { return op(wasm::Op::i64_const).signed_number(value); }
  /// A constant of the type of addresses.
  Writer& address(bool is64, uint64_t value) {
    return is64 ? i64(static_cast<int64_t>(value)) : i32(static_cast<int32_t>(value));
  }
  Writer& heap(const wasm::ValueType& type) {
    using wasm::HeapKind;
    switch (type.heap) {
      case HeapKind::kIndexed:
        return signed_number(type.index);
      case HeapKind::kExtern:
        return byte(0x6f);
      case HeapKind::kExn:
        return byte(0x69);
      default:
        return byte(0x70);
    }
  }
  Writer& type(const wasm::ValueType& type) {
    if (!type.is_ref()) return byte(static_cast<uint8_t>(type.kind));
    if (type.nullable && !type.is_concrete()) return heap(type);
    return byte(type.nullable ? 0x63 : 0x64).heap(type);
  }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace wasmedge::fuzz
