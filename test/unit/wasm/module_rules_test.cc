// Rules of the module as a whole, and of constant expressions.
#include <gtest/gtest.h>

#include "test/unit/wasm/bytes.h"

namespace wasmedge::wasm {
namespace {

const Bytes kTypes = section(1, vec({func_type({}, {}), func_type({i32}, {})}));

/// The message behind "invalid module at offset …, ".
std::string rule(std::initializer_list<Bytes> sections) {
  const std::string message = check(module(sections));
  const size_t comma = message.find(", ");
  if (!message.starts_with("invalid module at offset 0x")) return message;
  return message.substr(comma + 2);
}

TEST(ModuleRules, FunctionTypes) {
  EXPECT_EQ(rule({kTypes, section(3, vec({{2}})), section(10, vec({body({})}))}),
            "function 0: unknown type 2");
  EXPECT_EQ(rule({kTypes, section(2, vec({{0, 0, 0, 7}}))}), "function 0: unknown type 7");
  EXPECT_EQ(check(module({section(3, vec({{2}})), section(10, vec({body({})}))})),
            "invalid module at offset 0xb, function 0: unknown type 2");
}

TEST(ModuleRules, Limits) {
  EXPECT_EQ(rule({section(4, vec({{funcref, 1, 3, 2}}))}),
            "table 0: size minimum must not be greater than maximum");
  EXPECT_EQ(rule({section(4, vec({Bytes{funcref, 0} + leb(0x100000000)}))}),
            "table 0: table size must be at most 2^32-1 elements");
  EXPECT_EQ(rule({section(5, vec({{0, 0}, {1, 3, 2}}))}),
            "memory 1: size minimum must not be greater than maximum");
  EXPECT_EQ(rule({section(5, vec({Bytes{0} + leb(65536)}))}), "");
  EXPECT_EQ(rule({section(5, vec({Bytes{0} + leb(65537)}))}),
            "memory 0: memory size must be at most 65536 pages (4 GiB)");
  EXPECT_EQ(rule({section(5, vec({Bytes{1, 0} + leb(65537)}))}),
            "memory 0: memory size must be at most 65536 pages (4 GiB)");
}

TEST(ModuleRules, LimitsOf64BitAddresses) {
  EXPECT_EQ(rule({section(5, vec({Bytes{4} + leb(uint64_t{1} << 48)}))}), "");
  EXPECT_EQ(rule({section(5, vec({Bytes{4} + leb((uint64_t{1} << 48) + 1)}))}),
            "memory 0: memory size must be at most 281474976710656 pages (16 EiB)");
  EXPECT_EQ(rule({section(4, vec({Bytes{funcref, 5, 0} + leb(~uint64_t{0})}))}), "");
  EXPECT_EQ(rule({section(4, vec({{funcref, 5, 3, 2}}))}),
            "table 0: size minimum must not be greater than maximum");
}

TEST(ModuleRules, PageSizes) {
  EXPECT_EQ(rule({section(5, vec({{8, 1, 0}, {8, 1, 16}, {9, 1, 2, 0}}))}), "");
  EXPECT_EQ(rule({section(5, vec({{8, 1, 15}}))}),
            "memory 0: invalid custom page size 2^15: it must be 1 or 65536");
  EXPECT_EQ(rule({section(5, vec({{8, 1, 64}}))}),
            "memory 0: invalid custom page size 2^64: it must be 1 or 65536");
  EXPECT_EQ(rule({section(5, vec({Bytes{8} + leb(0xffffffff) + Bytes{0}}))}), "");
  EXPECT_EQ(rule({section(5, vec({Bytes{8} + leb(0x100000000) + Bytes{0}}))}),
            "memory 0: memory size must be at most 4294967295 pages (4 GiB)");
  EXPECT_EQ(rule({section(5, vec({Bytes{12} + leb(~uint64_t{0}) + Bytes{0}}))}), "");
}

TEST(ModuleRules, SharedMemories) {
  EXPECT_EQ(rule({section(5, vec({{3, 1, 2}, {7, 1, 2}}))}), "");
  EXPECT_EQ(rule({section(5, vec({{2, 1}}))}), "memory 0: shared memory must have maximum");
}

TEST(ModuleRules, Exports) {
  const Bytes memory = section(5, vec({{0, 0}}));
  EXPECT_EQ(rule({memory, section(7, vec({name("a") + Bytes{2, 0}, name("b") + Bytes{2, 0}}))}),
            "");
  EXPECT_EQ(
      rule({memory, section(7, vec({name("a\n\"") + Bytes{2, 0}, name("a\n\"") + Bytes{2, 0}}))}),
      "export 1: duplicate export name \"a\\x0a\\x22\"");
  EXPECT_EQ(rule({memory, section(7, vec({name("a") + Bytes{0, 0}}))}),
            "export 0: unknown function 0");
  EXPECT_EQ(rule({memory, section(7, vec({name("a") + Bytes{1, 0}}))}),
            "export 0: unknown table 0");
  EXPECT_EQ(rule({memory, section(7, vec({name("a") + Bytes{2, 1}}))}),
            "export 0: unknown memory 1");
  EXPECT_EQ(rule({memory, section(7, vec({name("a") + Bytes{3, 0}}))}),
            "export 0: unknown global 0");
}

TEST(ModuleRules, StartFunction) {
  const Bytes functions = section(3, vec({{0}, {1}}));
  const Bytes code = section(10, vec({body({}), body({})}));
  EXPECT_EQ(rule({kTypes, functions, section(8, {0}), code}), "");
  EXPECT_EQ(rule({kTypes, functions, section(8, {1}), code}),
            "start function: function 1 must be of type [] -> [], but is [i32] -> []");
  EXPECT_EQ(rule({kTypes, functions, section(8, {2}), code}), "start function: unknown function 2");
}

TEST(ModuleRules, Segments) {
  const Bytes zero = {0x41, 0, 0x0b};
  const Bytes table = section(4, vec({{funcref, 0, 1}}));
  EXPECT_EQ(rule({section(11, vec({Bytes{0} + zero + Bytes{0}}))}),
            "data segment 0: unknown memory 0");
  EXPECT_EQ(rule({section(9, vec({Bytes{0} + zero + Bytes{0}}))}),
            "element segment 0: unknown table 0");
  EXPECT_EQ(rule({table, section(9, vec({Bytes{0} + zero + Bytes{1, 3}}))}),
            "element segment 0: unknown function 3");
  EXPECT_EQ(rule({table, section(9, vec({Bytes{6, 0} + zero + Bytes{externref, 0}}))}),
            "element segment 0: type mismatch: externref in a table of funcref");
  EXPECT_EQ(rule({table, section(9, vec({Bytes{0, 0x42, 0, 0x0b, 0}}))}),
            "element segment 0: type mismatch: expected i32, found i64");
}

TEST(ModuleRules, SegmentsOf64BitAddresses) {
  const Bytes zero32 = {0x41, 0, 0x0b};
  const Bytes zero64 = {0x42, 0, 0x0b};
  const Bytes table = section(4, vec({{funcref, 4, 1}}));
  const Bytes memory = section(5, vec({{4, 1}}));
  EXPECT_EQ(rule({table, memory, section(9, vec({Bytes{0} + zero64 + Bytes{0}})),
                  section(11, vec({Bytes{0} + zero64 + Bytes{0}}))}),
            "");
  EXPECT_EQ(rule({table, section(9, vec({Bytes{0} + zero32 + Bytes{0}}))}),
            "element segment 0: type mismatch: expected i64, found i32");
  EXPECT_EQ(rule({memory, section(11, vec({Bytes{0} + zero32 + Bytes{0}}))}),
            "data segment 0: type mismatch: expected i64, found i32");
}

TEST(ModuleRules, ConstantExpressions) {
  const auto global = [](const Bytes& before, const Bytes& expression) {
    return rule({section(2, vec({name("m") + name("i") + Bytes{3, i32, 0},
                                 name("m") + name("v") + Bytes{3, i32, 1}})),
                 section(6, leb(before.empty() ? 1 : 2) + before + Bytes{i32, 0} + expression +
                                Bytes{0x0b})});
  };
  EXPECT_EQ(global({}, {0x41, 1}), "");
  EXPECT_EQ(global({}, {0x23, 0}), "");
  EXPECT_EQ(global({}, {0x41, 1, 0x23, 0, 0x6c, 0x41, 2, 0x6b, 0x41, 3, 0x6a}), "")
      << "extended constants";
  EXPECT_EQ(global({i32, 0, 0x41, 5, 0x0b}, {0x23, 2}), "") << "an earlier global of the module";
  EXPECT_EQ(global({}, {0x23, 1}),
            "global 2: constant expression required, but global 1 is mutable");
  EXPECT_EQ(global({}, {0x23, 2}),
            "global 2: unknown global 2: a constant may name the 2 before it");
  EXPECT_EQ(global({}, {0x41, 1, 0x67}), "global 2: constant expression required, found i32.clz");
  EXPECT_EQ(global({}, {0x41, 1, 0x01}), "global 2: constant expression required, found nop");
  EXPECT_EQ(global({}, {0x02, i32, 0x41, 1, 0x0b}),
            "global 2: constant expression required, found block");
  EXPECT_EQ(global({}, {}),
            "global 2: type mismatch: expected i32, found nothing on this block's stack");
  EXPECT_EQ(global({}, {0x41, 1, 0x41, 2}),
            "global 2: type mismatch: the block ends with 1 more on the stack than its type gives");
  EXPECT_EQ(global({}, {0x42, 1}), "global 2: type mismatch: expected i32, found i64");
}

TEST(ModuleRules, TableInitialisersSeeImportedGlobalsOnly) {
  const Bytes imported = section(2, vec({{0, 0, 3, funcref, 0}}));
  const Bytes own = section(6, vec({{funcref, 0, 0xd0, funcref, 0x0b}}));
  const auto table = [](uint8_t global) {
    return section(4, vec({{0x40, 0, funcref, 0, 1, 0x23, global, 0x0b}}));
  };
  EXPECT_EQ(rule({imported, table(0), own}), "");
  EXPECT_EQ(rule({imported, table(1), own}),
            "table 0: unknown global 1: a constant may name the 1 before it");
}

TEST(ModuleRules, FunctionReferencesAreDeclared) {
  const Bytes functions = section(3, vec({{0}}));
  const Bytes code = section(10, vec({body({0xd2, 0, 0x1a})}));
  EXPECT_EQ(rule({kTypes, functions, code}),
            "function 0: undeclared function reference 0: it stands in no export, element segment "
            "or global");
  EXPECT_EQ(rule({kTypes, functions, section(7, vec({name("f") + Bytes{0, 0}})), code}), "");
  EXPECT_EQ(rule({kTypes, functions, section(9, vec({{3, 0, 1, 0}})), code}), "");
  EXPECT_EQ(rule({kTypes, functions, section(6, vec({{funcref, 0, 0xd2, 0, 0x0b}})), code}), "");
  EXPECT_EQ(rule({kTypes, functions, section(8, {0}), code}),
            "function 0: undeclared function reference 0: it stands in no export, element segment "
            "or global")
      << "the start section declares nothing";
}

}  // namespace
}  // namespace wasmedge::wasm
