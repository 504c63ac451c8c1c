#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace wasmedge::run {

/// Writes a name out of a module for people: printable ASCII as it is, whatever else as \xx, so
/// that it can neither command a terminal nor forge a line; cut off after 256 bytes with "...".
/// Returns the size written; what does not fit `to` is dropped. Async-signal-safe.
size_t escape(std::string_view name, std::span<char> to);

/// The same, in double quotes.
std::string quoted(std::string_view name);

}  // namespace wasmedge::run
