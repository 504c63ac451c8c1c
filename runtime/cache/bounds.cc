#include "runtime/cache/bounds.h"

#include <array>
#include <cstdlib>

#include "runtime/base/fd.h"
#include "runtime/base/limits.h"
#include "runtime/base/settings.h"

namespace wasmedge::cache {
namespace {

constexpr std::array kAgeUnits = {Unit{"min", 60}, Unit{"h", 3600}, Unit{"d", 86400}};

Result<> set(Bounds& bounds, std::string_view key, std::string_view name, std::string_view value) {
  if (key == "max_size") {
    TRY_ASSIGN(bounds.bytes, parse_size(name, value));
    return {};
  }
  if (key == "max_age") {
    TRY_ASSIGN(bounds.age, parse_age(name, value));
    return {};
  }
  return fail(ErrorCode::kInvalidArgument,
              "{}: there is no such setting; there are: max_size, max_age", name);
}

}  // namespace

Result<uint64_t> parse_size(std::string_view name, std::string_view text) {
  return parse_quantity(name, text, kSizeUnits, 1,
                        "a number of bytes, or of KiB, MiB or GiB, such as 8GiB");
}

Result<std::chrono::seconds> parse_age(std::string_view name, std::string_view text) {
  TRY_ASSIGN(const uint64_t seconds,
             parse_quantity(name, text, kAgeUnits, kAgeUnits.back().value,
                            "days, or a number with min, h or d, such as 30d"));
  return std::chrono::seconds(seconds);
}

Result<Bounds> read_bounds() {
  const char* named = std::getenv("WASMEDGE_CACHE_CONFIG");
  const bool given = named != nullptr && *named != '\0';
  const std::string path = given ? named : kConfiguration;
  Bounds bounds;
  const auto text = read_file(path, kLimits.policy_bytes);
  if (!text && !given && text.error().code == ErrorCode::kNotFound) return bounds;
  if (!text) return tl::unexpected<Error>(text.error());
  TRY(read_settings(path, *text,
                    [&](std::string_view key, std::string_view name, std::string_view value) {
                      return set(bounds, key, name, value);
                    }));
  return bounds;
}

}  // namespace wasmedge::cache
