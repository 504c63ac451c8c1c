#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "runtime/base/result.h"

/// Settings in files, and the quantities in them.
namespace wasmedge {

/// Reads a line each: `KEY = "text"`, `KEY = 12`, `KEY = true`, or a comment; the part of TOML that
/// settings need. `file` is what messages call it. `use` gets the key, its full name for messages
/// ("FILE: KEY"), and the value's text. kInvalidArgument names the line.
Result<> read_settings(std::string_view file, std::string_view text,
                       const std::function<Result<>(std::string_view key, std::string_view name,
                                                    std::string_view value)>& use);

struct Unit {
  std::string_view name;
  uint64_t value;
};
inline constexpr std::array kSizeUnits = {
    Unit{"KiB", uint64_t{1} << 10}, Unit{"MiB", uint64_t{1} << 20}, Unit{"GiB", uint64_t{1} << 30}};

/// A whole number with one of `units` behind it; without one it counts `plain`. `name` is the
/// setting's and `expected` what would be right, for messages. At most what an int64_t holds.
Result<uint64_t> parse_quantity(std::string_view name, std::string_view text,
                                std::span<const Unit> units, uint64_t plain,
                                std::string_view expected);

}  // namespace wasmedge
