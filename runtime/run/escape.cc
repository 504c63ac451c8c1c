#include "runtime/run/escape.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace wasmedge::run {
namespace {

constexpr size_t kMost = 256;
constexpr std::string_view kCut = "...";
constexpr size_t kLongest = 3 * kMost + kCut.size();

}  // namespace

size_t escape(std::string_view name, std::span<char> to) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  size_t size = 0;
  const auto append = [&](std::string_view text) {
    if (text.size() <= to.size() - size) size += text.copy(to.data() + size, text.size());
  };
  for (const char c : name.substr(0, kMost)) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '\\' && c != '"') {
      append({&c, 1});
    } else {
      const std::array<char, 3> code = {'\\', kDigits[byte >> 4], kDigits[byte & 15]};
      append({code.data(), code.size()});
    }
  }
  if (name.size() > kMost) append(kCut);
  return size;
}

std::string quoted(std::string_view name) {
  std::array<char, kLongest> buffer;
  const size_t size = escape(name, buffer);
  return '"' + std::string(buffer.data(), size) + '"';
}

}  // namespace wasmedge::run
