#include "runtime/compile/link.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>

namespace wasmedge::compile {
namespace {

constexpr Symbol kF0{.kind = Symbol::Kind::kFunction, .index = 0};
constexpr Symbol kF1{.kind = Symbol::Kind::kFunction, .index = 1};

Section code(size_t size, std::vector<Relocation> relocations = {}) {
  return {.is_code = true,
          .alignment = 16,
          .bytes = std::vector<std::byte>(size, std::byte{0x90}),
          .relocations = std::move(relocations)};
}

Section constants(size_t size) {
  return {.is_code = false,
          .alignment = 32,
          .bytes = std::vector<std::byte>(size, std::byte{7}),
          .relocations = {}};
}

Object object(std::vector<Section> sections, std::vector<Definition> definitions) {
  return {.sections = std::move(sections), .definitions = std::move(definitions), .sites = {}};
}

Relocation to_symbol(uint64_t offset, Symbol symbol) {
  return {.offset = offset, .type = R_X86_64_PLT32, .addend = -4, .symbol = symbol};
}

int32_t word_at(const std::vector<std::byte>& bytes, size_t offset) {
  int32_t word = 0;
  std::memcpy(&word, bytes.data() + offset, sizeof(word));
  return word;
}

TEST(Symbol, IsALetterAndANumber) {
  const auto symbol = parse_symbol("t4294967295");
  ASSERT_TRUE(symbol);
  EXPECT_EQ(symbol->kind, Symbol::Kind::kThunk);
  EXPECT_EQ(symbol->index, 4294967295u);
  for (const char* name : {"", "f", "f-1", "f1x", "memcpy", "x1", "f4294967296"}) {
    EXPECT_FALSE(parse_symbol(name)) << name;
  }
}

TEST(Link, CallsAcrossObjects) {
  std::vector<Object> objects;
  objects.push_back(object({code(10, {to_symbol(1, kF1)})}, {{kF0, 0, 0, 10}}));
  objects.push_back(object({code(8), constants(4)}, {{kF1, 0, 2, 6}}));
  const auto linked = link(std::move(objects), Architecture::kX86_64, 4096, {.functions = 2});
  ASSERT_TRUE(linked) << linked.error().message;
  EXPECT_EQ(linked->rodata_offset, 4096u);
  EXPECT_EQ(linked->rodata.size(), 4u);
  EXPECT_EQ(linked->text_offset, 8192u);
  EXPECT_EQ(linked->functions[0].offset, 8192u);
  EXPECT_EQ(linked->functions[1].offset, 8192u + 16 + 2);
  EXPECT_EQ(linked->functions[1].size, 6u);
  EXPECT_EQ(word_at(linked->text, 1), 18 - 5);                      // relative to the call's end
  EXPECT_EQ(linked->text[10], std::byte{0xcc}) << "the gap traps";  // up to the next object
}

TEST(Link, CodeReachesConstantsOfItsObject) {
  std::vector<Object> objects;
  objects.push_back(object({constants(40)}, {}));
  objects.push_back(object({code(8, {{.offset = 4,
                                      .type = R_X86_64_PC32,
                                      .addend = -4,
                                      .symbol = std::nullopt,
                                      .section = 1,
                                      .value = 3}}),
                            constants(16)},
                           {}));
  const auto linked = link(std::move(objects), Architecture::kX86_64, 4096, {});
  ASSERT_TRUE(linked) << linked.error().message;
  EXPECT_EQ(linked->rodata.size(), 64u + 16u);  // 40, aligned to 32
  const int64_t place = 8192 + 4, constant = 4096 + 64 + 3;
  EXPECT_EQ(word_at(linked->text, 4), constant - 4 - place);
}

TEST(Link, NamesWhatNobodyDefines) {
  std::vector<Object> objects;
  objects.push_back(object({code(10, {to_symbol(1, kF1)})}, {{kF0, 0, 0, 10}}));
  const auto linked = link(std::move(objects), Architecture::kX86_64, 4096, {.functions = 2});
  ASSERT_FALSE(linked);
  EXPECT_EQ(linked.error().message, "no partition defines `f1`");
}

TEST(Link, RefusesAbsoluteRelocations) {
  std::vector<Object> objects;
  Relocation absolute = to_symbol(0, kF0);
  absolute.type = R_X86_64_64;
  objects.push_back(object({code(10, {absolute})}, {{kF0, 0, 0, 10}}));
  const auto linked = link(std::move(objects), Architecture::kX86_64, 4096, {.functions = 1});
  ASSERT_FALSE(linked);
  EXPECT_NE(linked.error().message.find("relocation type 1"), std::string::npos)
      << linked.error().message;
}

TEST(Link, RefusesRelocationsBeyondTheirSection) {
  for (const uint64_t offset : {uint64_t{7}, uint64_t{10}, ~uint64_t{0}}) {
    std::vector<Object> objects;
    objects.push_back(object({code(10, {to_symbol(offset, kF0)})}, {{kF0, 0, 0, 10}}));
    const auto linked = link(std::move(objects), Architecture::kX86_64, 4096, {.functions = 1});
    ASSERT_FALSE(linked);
    EXPECT_NE(linked.error().message.find("beyond its section"), std::string::npos);
  }
}

TEST(Link, SitesCountFromTheStartOfText) {
  std::vector<Object> objects;
  objects.push_back(object({code(16)}, {}));
  objects.push_back(object({code(16)}, {}));
  objects[0].sites = {{.section = 0, .wasm_offset = 77, .offset = 4}};
  objects[1].sites = {{.section = 0, .wasm_offset = 99, .offset = 8}};
  const auto linked = link(std::move(objects), Architecture::kX86_64, 4096, {});
  ASSERT_TRUE(linked) << linked.error().message;
  ASSERT_EQ(linked->sites.size(), 2u);
  EXPECT_EQ(linked->sites[0].pc, 4u);
  EXPECT_EQ(linked->sites[1].pc, 24u);
  EXPECT_EQ(linked->sites[1].wasm_offset, 99u);
}

}  // namespace
}  // namespace wasmedge::compile
