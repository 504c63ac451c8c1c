#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wasmedge::cli {

/// Executes a program that is installed beside this one in this one's place: a command that is
/// about containers or images is that program's. `words` is its whole argument vector, `role` ends
/// the message of why it cannot be executed. Returns kFailure, or not at all.
int become(std::string_view program, std::vector<std::string> words, std::string_view role);

/// The same with the shim, which knows what containers are. `words`: its arguments.
int become_shim(const std::vector<std::string>& words);

}  // namespace wasmedge::cli
