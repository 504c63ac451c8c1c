#include "runtime/base/settings.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace wasmedge {
namespace {

using Settings = std::map<std::string, std::string>;

Result<Settings> read(std::string_view text) {
  Settings settings;
  TRY(read_settings(
      "file.toml", text,
      [&](std::string_view key, std::string_view name, std::string_view value) -> Result<> {
        EXPECT_EQ(name, "file.toml: " + std::string(key));
        settings.emplace(key, value);
        return {};
      }));
  return settings;
}

TEST(Settings, AreALineEach) {
  EXPECT_EQ(read("# all\n a = \"x # y\"  # said\n\nb='z'\r\nc = 1_000\nd=true").value(),
            (Settings{{"a", "x # y"}, {"b", "z"}, {"c", "1000"}, {"d", "true"}}));
  EXPECT_EQ(read("").value(), Settings{});
}

TEST(Settings, ComplaintsNameTheLineAndThePlace) {
  EXPECT_EQ(read("a = 1\nb 2").error().message,
            "file.toml: line 2: character 3 (\"2\"): expected a setting, such as memory = "
            "\"64MiB\"");
  EXPECT_EQ(read("a = \"x").error().message,
            "file.toml: line 1: character 7 (the end): expected \" after the text");
  EXPECT_FALSE(read("a = 1 2"));
  EXPECT_FALSE(read("a = [1]"));
}

TEST(Quantity, HasAUnitOrNot) {
  const auto bytes = [](std::string_view text) {
    return parse_quantity("size", text, kSizeUnits, 1, "a size");
  };
  EXPECT_EQ(bytes("12").value(), 12u);
  EXPECT_EQ(bytes("3MiB").value(), 3u << 20);
  EXPECT_EQ(bytes("3MB").error().message, "size: character 2 (\"MB\"): expected a size");
  EXPECT_FALSE(bytes("9223372036854775807GiB"));
  EXPECT_FALSE(bytes("-1"));
  EXPECT_FALSE(bytes(""));
}

}  // namespace
}  // namespace wasmedge
