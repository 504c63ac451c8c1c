// Each limit of the binary format, gone over by one.
#include "runtime/base/limits.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "test/unit/wasm/bytes.h"

namespace wasmedge::wasm {
namespace {

/// The message behind "oversized module at offset …: ", the name of a function left out.
std::string over(const Bytes& bytes) {
  const std::string message = check(bytes);
  if (!message.starts_with("oversized module at offset 0x")) return message;
  return message.substr(message.rfind(": ") + 2);
}

/// A section that begins with a count one over `limit`; `before` stands in front of the count.
std::string over(uint8_t id, uint64_t limit, const Bytes& before = {}) {
  return over(module({section(id, before + leb(limit + 1) + Bytes(limit + 1, 0))}));
}

std::string text(uint64_t limit, std::string_view what) {
  return fmt::format("{} {}, but the limit is {}", limit + 1, what, limit);
}

TEST(Limits, Counts) {
  EXPECT_EQ(over(1, kLimits.types), text(kLimits.types, "types"));
  EXPECT_EQ(over(2, kLimits.imports), text(kLimits.imports, "imports"));
  EXPECT_EQ(over(3, kLimits.functions), text(kLimits.functions, "functions"));
  EXPECT_EQ(over(4, kLimits.tables), text(kLimits.tables, "tables"));
  EXPECT_EQ(over(5, kLimits.memories), text(kLimits.memories, "memories"));
  EXPECT_EQ(over(6, kLimits.globals), text(kLimits.globals, "globals"));
  EXPECT_EQ(over(7, kLimits.exports), text(kLimits.exports, "exports"));
  EXPECT_EQ(over(9, kLimits.element_segments), text(kLimits.element_segments, "element segments"));
  EXPECT_EQ(over(10, kLimits.functions), text(kLimits.functions, "function bodies"));
  EXPECT_EQ(over(11, kLimits.data_segments), text(kLimits.data_segments, "data segments"));
}

TEST(Limits, PartsOfSections) {
  EXPECT_EQ(over(1, kLimits.parameters, {1, 0x60}), text(kLimits.parameters, "parameters"));
  EXPECT_EQ(over(1, kLimits.results, {1, 0x60, 0}), text(kLimits.results, "results"));
  EXPECT_EQ(over(9, kLimits.elements_a_segment, {1, 1, 0}),
            text(kLimits.elements_a_segment, "elements"));
  EXPECT_EQ(over(0, kLimits.name_bytes), text(kLimits.name_bytes, "bytes in a name"));
  EXPECT_EQ(over(10, kLimits.function_bytes, {1}),
            text(kLimits.function_bytes, "bytes in a function body"));
}

TEST(Limits, ElementsOfAllSegments) {
  // A segment of one function, and one of as many as a segment may have.
  const Bytes most = leb(kLimits.elements) + Bytes(kLimits.elements, 0);
  EXPECT_EQ(over(module({section(9, Bytes{2, 1, 0, 1, 0, 1, 0} + most)})),
            text(kLimits.elements, "elements in all segments"));
}

TEST(Limits, Functions) {
  const auto function = [](const Bytes& code, const Bytes& locals = {0}) {
    return over(one_function({}, {}, code, locals));
  };
  EXPECT_EQ(function({}, Bytes{1} + leb(kLimits.locals + 1) + Bytes{i32}),
            text(kLimits.locals, "locals"));
  EXPECT_EQ(function(Bytes{0x41, 0, 0x0e} + leb(kLimits.br_table_targets + 1) +
                     Bytes(kLimits.br_table_targets + 2, 0)),
            text(kLimits.br_table_targets, "br_table targets"));
  Bytes blocks;
  for (uint32_t i = 0; i <= kLimits.block_nesting; ++i) blocks = blocks + Bytes{0x02, 0x40};
  EXPECT_EQ(function(blocks + Bytes(kLimits.block_nesting + 1, 0x0b)),
            text(kLimits.block_nesting, "nested blocks"));
  Bytes operands;
  operands.resize(2 * (size_t{kLimits.operands} + 1));
  for (size_t i = 0; i < operands.size(); i += 2) operands[i] = 0x41;
  EXPECT_EQ(function(operands), text(kLimits.operands, "operands on the stack"));
}

TEST(Limits, AtTheLimitIsValid) {
  const Bytes most(kLimits.parameters, i32);
  EXPECT_EQ(check(module({section(1, vec({func_type(most, most)}))})), "");
  Bytes memories = leb(kLimits.memories);
  for (uint32_t i = 0; i < kLimits.memories; ++i) memories = memories + Bytes{0, 0};
  EXPECT_EQ(check(module({section(5, memories)})), "");
  EXPECT_EQ(check(module({section(0, sized(Bytes(kLimits.name_bytes, 'a')))})), "");
}

TEST(Limits, TheCodeSaysWhatKindOfErrorItIs) {
  const Bytes many(kLimits.parameters + 1, i32);
  const Bytes bytes = module({section(1, vec({func_type(many, {})}))});
  const auto result = decode(std::as_bytes(std::span(bytes)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kResourceExhausted);
}

TEST(Limits, ModuleBytes) {
  const size_t size = kLimits.module_bytes + 1;
  void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(bytes, MAP_FAILED);
  const auto result = decode({static_cast<const std::byte*>(bytes), size});
  munmap(bytes, size);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "module of 1073741825 bytes, but the limit is 1073741824");
}

}  // namespace
}  // namespace wasmedge::wasm
