#pragma once

#include <string>
#include <string_view>

namespace wasmedge {

/// Text from a module or a file as a message may show it: in double quotes, control bytes, quotes,
/// backslashes and everything that is no ASCII as \xNN, cut after 100 bytes.
std::string quote(std::string_view text);

}  // namespace wasmedge
