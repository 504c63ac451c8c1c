#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wasmedge {

/// Appends any text in double quotes as Go and logfmt write it: printable text as it is, also
/// beyond ASCII; quotes, backslashes, control characters, what would change the direction or place
/// of other text, and bytes that are no UTF-8 as \", \\, \n, \xNN, \uNNNN. What would take more
/// than `most` bytes is cut, and ends with "…".
void append_quoted(std::string& out, std::string_view text, size_t most);

}  // namespace wasmedge
