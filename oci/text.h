#pragma once

#include <string_view>
#include <vector>

namespace wasmedge::oci {

/// The parts of `text` between separators; "" has one, empty part.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace wasmedge::oci
