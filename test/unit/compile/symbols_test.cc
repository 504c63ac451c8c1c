#include "runtime/compile/symbols.h"

#include <gtest/gtest.h>

#include "test/unit/compile/wasm_bytes.h"

namespace wasmedge::test {
namespace {

using compile::Symbols;

Bytes custom(std::string_view title, const Bytes& content) {
  return concat({{0}, sized(concat({name(title), content}))});
}

Bytes fixed(uint64_t value, unsigned bytes) {
  Bytes all;
  for (unsigned i = 0; i < bytes; ++i) all.push_back(static_cast<uint8_t>(value >> (8 * i)));
  return all;
}

Bytes text(std::string_view text) {
  Bytes bytes(text.begin(), text.end());
  bytes.push_back(0);
  return bytes;
}

// A line table of DWARF 4 with one file and this program.
Bytes line_table(const Bytes& program) {
  const Bytes header = concat({{1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1},
                               text("src"),
                               {0},
                               text("a.c"),
                               {1, 0, 0, 0}});
  const Bytes rest = concat({fixed(4, 2), fixed(header.size(), 4), header, program});
  return concat({fixed(rest.size(), 4), rest});
}

Bytes at(uint32_t address) {
  return concat({{0, 5, 2}, fixed(address, 4)});
}
// advance_line, copy
Bytes row(int64_t lines) {
  return concat({{3}, signed_leb(lines), {1}});
}
Bytes end(uint32_t bytes) {
  return concat({{2}, leb(bytes), {0, 1, 1}});
}

class SymbolsTest : public testing::Test {
 protected:
  SymbolsTest() {
    const uint32_t type = module_.type({}, {});
    module_.function(type, {0x01, 0x01, 0x01, 0x01});
    module_.function(type, {0x01, 0x01});
  }

  Symbols read(const Bytes& sections) {
    bytes_ = concat({module_.bytes(), sections});
    const auto module = wasm::decode(std::as_bytes(std::span(bytes_)));
    if (!module) throw std::runtime_error(module.error().message);
    code_ = module->functions[0].body.offset;  // two bytes behind the section's beginning
    return compile::read_symbols(*module);
  }

  ModuleBytes module_;
  Bytes bytes_;
  uint32_t code_ = 0;
};

TEST_F(SymbolsTest, ReadsLines) {
  const Symbols symbols = read(custom(
      ".debug_line", line_table(concat({at(3), row(6), {2, 2}, row(1), {2, 1}, row(0), end(1)}))));
  ASSERT_EQ(symbols.files, std::vector<std::string>{"src/a.c"});
  ASSERT_EQ(symbols.lines.size(), 3U) << "the row that says nothing new is left out";
  EXPECT_EQ(symbols.lines[0].wasm_offset, code_ + 1);
  EXPECT_EQ(symbols.lines[0].line, 7U);
  EXPECT_EQ(symbols.lines[1].wasm_offset, code_ + 3);
  EXPECT_EQ(symbols.lines[1].line, 8U);
  EXPECT_EQ(symbols.lines[2].line, 0U) << "behind the end is no line";
}

// A linker gives functions that it leaves out the address 0, or one beyond all code.
TEST_F(SymbolsTest, IgnoresFunctionsThatAreNotThere) {
  for (const uint32_t address : {0U, 0xffffffffU, 0xfffffffeU, 1000U}) {
    const Symbols symbols =
        read(custom(".debug_line", line_table(concat({at(address), row(6), end(2)}))));
    EXPECT_TRUE(symbols.lines.empty()) << address;
  }
}

TEST_F(SymbolsTest, SurvivesEveryBrokenByteOfALineTable) {
  const Bytes table = line_table(concat({at(3), row(6), {2, 2}, row(1), end(1)}));
  for (size_t i = 0; i < table.size(); ++i) {
    for (const uint8_t value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      Bytes broken = table;
      broken[i] = value;
      read(custom(".debug_line", broken));
    }
    read(custom(".debug_line", Bytes(table.begin(), table.begin() + static_cast<ptrdiff_t>(i))));
  }
}

TEST_F(SymbolsTest, DemanglesNames) {
  const auto named = [](uint8_t index, std::string_view text) {
    return concat({{index}, name(text)});
  };
  const Symbols symbols = read(custom(
      "name", concat({{1},
                      sized(vec({named(0, "_ZN3foo3barEPKci"),
                                 named(1,
                                       "_ZN51_$LT$std..io..Empty$u20$as$u20$core..fmt..Debug$GT$"
                                       "3fmt17h0123456789abcdefE")}))})));
  ASSERT_EQ(symbols.names.size(), 2U);
  EXPECT_EQ(*symbols.name(0), "foo::bar(char const*, int)");
  EXPECT_EQ(*symbols.name(1), "<std::io::Empty as core::fmt::Debug>::fmt");
  EXPECT_EQ(symbols.name(2), nullptr);
}

TEST_F(SymbolsTest, KeepsOtherNames) {
  const Symbols symbols = read(custom(
      "name",
      concat({{1}, sized(vec({concat({{0}, name("main")}), concat({{1}, name("_Zbad")})}))})));
  EXPECT_TRUE(symbols.names.empty());
}

TEST(SymbolsCoding, GoesThereAndBack) {
  Symbols symbols;
  symbols.names = {{3, "three"}, {7, ""}};
  symbols.files = {"a.c", "b.c"};
  symbols.lines = {{10, 0, 5}, {20, 1, 6}, {30, 0, 0}};
  const auto bytes = compile::encode_symbols(symbols);
  const auto decoded = compile::decode_symbols(bytes);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->names, symbols.names);
  EXPECT_EQ(decoded->files, symbols.files);
  ASSERT_EQ(decoded->lines.size(), 3U);
  EXPECT_EQ(decoded->lines[1].line, 6U);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(compile::decode_symbols(std::span(bytes).first(size))) << size;
  }
}

TEST(SymbolsCoding, RefusesWhatDoesNotFit) {
  Symbols unordered;
  unordered.lines = {{20, 0, 0}, {10, 0, 0}};
  EXPECT_FALSE(compile::decode_symbols(compile::encode_symbols(unordered)));
  Symbols no_file;
  no_file.lines = {{20, 1, 4}};
  EXPECT_FALSE(compile::decode_symbols(compile::encode_symbols(no_file)));
}

}  // namespace
}  // namespace wasmedge::test
