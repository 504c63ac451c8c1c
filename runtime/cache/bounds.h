#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

/// How much the cache may keep, and for how long.
namespace wasmedge::cache {

/// Where the node says so; WASMEDGE_CACHE_CONFIG names another file. An example is
/// deploy/cache.toml.
inline constexpr char kConfiguration[] = "/etc/wasmedge/cache.toml";

struct Bounds {
  uint64_t bytes = uint64_t{8} << 30;    // of all artifacts
  std::chrono::seconds age{30 * 86400};  // since an artifact was used last
};

/// The bounds that the configuration sets (`max_size = "8GiB"`, `max_age = "30d"`); the defaults
/// where it sets none or is not there. kInvalidArgument names the file and the line.
Result<Bounds> read_bounds();

/// The value of max_size and of max_age. `name` is what messages call it.
Result<uint64_t> parse_size(std::string_view name, std::string_view text);
Result<std::chrono::seconds> parse_age(std::string_view name, std::string_view text);

}  // namespace wasmedge::cache
