#include "runtime/base/escape.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace wasmedge {
namespace {

struct Character {
  char32_t code = 0;
  size_t size = 0;  // in bytes; 0: no UTF-8
};

/// The first character of a text that is not empty (RFC 3629: nothing overlong, no surrogates).
Character first_of(std::string_view text) {
  const auto byte = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
  char32_t code = lead & (0x7f >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3f);
  }
  const char32_t least = size == 4 ? 0x10000 : size == 3 ? 0x800 : 0x80;
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, size};
}

/// Controls (C1 too), separators of lines, marks of direction, what has no width, private use.
bool is_printable(char32_t code) {
  const auto between = [code](char32_t first, char32_t last) {
    return code >= first && code <= last;
  };
  return !(code < 0x20 || between(0x7f, 0x9f) || code == 0xad || code == 0x61c || code == 0x180e ||
           between(0x200b, 0x200f) || between(0x2028, 0x202e) || between(0x2060, 0x206f) ||
           between(0xe000, 0xf8ff) || code == 0xfeff || between(0xfff0, 0xfffb) ||
           (code & 0xfffe) == 0xfffe || code >= 0xe0000);
}

std::string escaped(std::string_view bytes, const Character& character) {
  const auto first = static_cast<uint8_t>(bytes[0]);
  if (character.size == 0) return fmt::format("\\x{:02x}", first);
  if (first == '"' || first == '\\') return {'\\', bytes[0]};
  if (is_printable(character.code)) return std::string(bytes.substr(0, character.size));
  if (first == '\n') return "\\n";
  if (first == '\r') return "\\r";
  if (first == '\t') return "\\t";
  if (first < 0x80) return fmt::format("\\x{:02x}", first);
  if (character.code > 0xffff) {
    return fmt::format("\\U{:08x}", static_cast<uint32_t>(character.code));
  }
  return fmt::format("\\u{:04x}", static_cast<uint32_t>(character.code));
}

}  // namespace

void append_quoted(std::string& out, std::string_view text, size_t most) {
  const size_t end = out.size() + most;
  out += '"';
  while (!text.empty()) {
    const Character character = first_of(text);
    const std::string next = escaped(text, character);
    if (out.size() + next.size() > end) {
      out += "…";
      break;
    }
    out += next;
    text.remove_prefix(character.size == 0 ? 1 : character.size);
  }
  out += '"';
}

}  // namespace wasmedge
