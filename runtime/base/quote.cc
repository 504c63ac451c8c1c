#include "runtime/base/quote.h"

#include <fmt/format.h>

#include <iterator>

namespace wasmedge {

std::string quote(std::string_view text) {
  constexpr size_t kLongest = 100;
  std::string quoted = "\"";
  for (const char c : text.substr(0, kLongest)) {
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') {
      fmt::format_to(std::back_inserter(quoted), "\\x{:02x}", static_cast<uint8_t>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + (text.size() > kLongest ? "\"…" : "\"");
}

}  // namespace wasmedge
