#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/wasm/module.h"

namespace wasmedge::wasm {

/// Hand-made module bytes, composed from pieces.
using Bytes = std::vector<uint8_t>;

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

inline Bytes leb(uint64_t value) {
  Bytes bytes;
  do {
    bytes.push_back(static_cast<uint8_t>((value & 0x7f) | (value > 0x7f ? 0x80 : 0)));
    value >>= 7;
  } while (value != 0);
  return bytes;
}

/// A length and the bytes.
inline Bytes sized(const Bytes& content) {
  return leb(content.size()) + content;
}
inline Bytes name(std::string_view text) {
  return sized(Bytes(text.begin(), text.end()));
}
inline Bytes section(uint8_t id, const Bytes& content) {
  return Bytes{id} + sized(content);
}

/// A count and the items.
inline Bytes vec(std::initializer_list<Bytes> items) {
  Bytes bytes = leb(items.size());
  for (const Bytes& item : items) bytes = bytes + item;
  return bytes;
}

inline const Bytes kHeader = {0x00, 'a', 's', 'm', 1, 0, 0, 0};

inline Bytes module(std::initializer_list<Bytes> sections) {
  Bytes bytes = kHeader;
  for (const Bytes& one : sections) bytes = bytes + one;
  return bytes;
}

inline Bytes func_type(const Bytes& parameters, const Bytes& results) {
  return Bytes{0x60} + sized(parameters) + sized(results);
}

/// A function body without locals; `code` lacks the last `end`.
inline Bytes body(const Bytes& code, const Bytes& locals = {0}) {
  return sized(locals + code + Bytes{0x0b});
}

/// A module of one function of type [parameters] -> [results], with a memory of a page, a table of
/// funcref, a mutable i32 global and a passive data and element segment for it to use.
inline Bytes one_function(const Bytes& parameters, const Bytes& results, const Bytes& code,
                          const Bytes& locals = {0}) {
  return module({section(1, vec({func_type(parameters, results), func_type({}, {})})),
                 section(3, vec({{0}})), section(4, vec({{0x70, 0, 1}})), section(5, vec({{0, 1}})),
                 section(6, vec({{0x7f, 1, 0x41, 0, 0x0b}})), section(9, vec({{0x01, 0x00, 0x00}})),
                 section(12, {1}), section(10, vec({body(code, locals)})),
                 section(11, vec({{0x01, 0x00}}))});
}

/// "" if the module decodes and validates, else the message.
inline std::string check(const Bytes& bytes) {
  const auto module = decode(std::as_bytes(std::span(bytes)));
  if (!module) return module.error().message;
  const auto valid = validate(*module);
  return valid ? "" : valid.error().message;
}

/// Value types as the format has them.
inline constexpr uint8_t i32 = 0x7f, i64 = 0x7e, f32 = 0x7d, f64 = 0x7c, v128 = 0x7b,
                         funcref = 0x70, externref = 0x6f;

}  // namespace wasmedge::wasm
