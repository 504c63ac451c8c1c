// Typed function references: types, subtyping, locals without default, calls by reference.
#include <gtest/gtest.h>

#include "runtime/base/limits.h"
#include "runtime/wasm/type_canon.h"
#include "test/unit/wasm/bytes.h"

namespace wasmedge::wasm {
namespace {

constexpr uint8_t kRef = 0x64, kRefNull = 0x63, kRec = 0x4e, kSub = 0x50, kSubFinal = 0x4f;

/// The message behind the offset, of a module with these types and one function of type 0.
std::string rule(std::initializer_list<Bytes> types, const Bytes& code, const Bytes& locals = {0}) {
  const std::string message = check(
      module({section(1, vec(types)), section(3, vec({{0}})),
              section(7, vec({name("f") + Bytes{0, 0}})), section(10, vec({body(code, locals)}))}));
  const size_t comma = message.find(", ");
  return comma == std::string::npos ? message : message.substr(comma + 2);
}

const Bytes kNothing = func_type({}, {});

/// A function type whose value types may take several bytes.
Bytes fn(std::initializer_list<Bytes> parameters, std::initializer_list<Bytes> results) {
  return Bytes{0x60} + vec(parameters) + vec(results);
}

TEST(References, Types) {
  const Bytes takes_another = fn({{kRef, 0}}, {});
  EXPECT_EQ(rule({kNothing, fn({{kRef, 0}}, {{kRefNull, 1}})}, {}), "");
  EXPECT_EQ(rule({kNothing, fn({{kRef, 2}}, {})}, {}), "type 1: unknown type 2");
  EXPECT_EQ(rule({kNothing, Bytes{kRec} + vec({fn({{kRef, 2}}, {}), takes_another})}, {}), "");
  EXPECT_EQ(rule({kNothing, Bytes{kRec} + vec({fn({{kRef, 3}}, {}), takes_another})}, {}),
            "type 1: unknown type 3");
  EXPECT_EQ(rule({kNothing}, {}, {1, 1, kRefNull, 9}), "function 0: unknown type 9");
  EXPECT_EQ(rule({kNothing}, {0xd0, 9, 0x1a}), "function 0: unknown type 9");
  EXPECT_EQ(rule({kNothing}, {0x02, kRef, 9, 0x00, 0x0b, 0x1a}), "function 0: unknown type 9");
  EXPECT_EQ(rule({kNothing}, {0x00, 0x1c, 1, kRef, 9, 0x1a}), "function 0: unknown type 9");
  EXPECT_EQ(rule({kNothing}, {0x14, 9}), "function 0: unknown type 9");
  EXPECT_EQ(check(module({section(6, vec({{kRefNull, 3, 0, 0xd0, 3, 0x0b}}))})),
            "invalid module at offset 0xb, global 0: unknown type 3");
  EXPECT_EQ(check(module({section(4, vec({{kRefNull, 3, 0, 0}}))})),
            "invalid module at offset 0xb, table 0: unknown type 3");
  EXPECT_EQ(check(module({section(9, vec({{5, kRefNull, 3, 0}}))})),
            "invalid module at offset 0xb, element segment 0: unknown type 3");
}

TEST(References, DeclaredSupertypes) {
  const auto sub = [](uint8_t form, const Bytes& supers, const Bytes& type) {
    return Bytes{form} + sized(supers) + type;
  };
  const Bytes open = sub(kSub, {}, kNothing);
  EXPECT_EQ(rule({open, sub(kSub, {0}, kNothing), sub(kSubFinal, {1}, kNothing)}, {}), "");
  EXPECT_EQ(rule({kNothing, sub(kSub, {0}, kNothing)}, {}),
            "type 1: sub type of type 0, which is final");
  EXPECT_EQ(rule({open, sub(kSub, {1}, kNothing)}, {}),
            "type 1: unknown type 1: a supertype stands before its sub type");
  EXPECT_EQ(rule({open, sub(kSub, {0}, func_type({i32}, {}))}, {}),
            "type 1: sub type mismatch: [i32] -> [] does not match type 0, [] -> []");
  // Results may be narrower, parameters wider.
  const Bytes wide = sub(kSub, {}, fn({{kRef, 0x70}}, {{funcref}}));
  EXPECT_EQ(rule({kNothing, wide, sub(kSub, {1}, fn({{funcref}}, {{kRef, 0}}))}, {}), "");
  EXPECT_EQ(rule({kNothing, wide, sub(kSub, {1}, fn({{kRef, 0}}, {{funcref}}))}, {}),
            "type 2: sub type mismatch: [(ref 0)] -> [funcref] does not match type 1, "
            "[(ref func)] -> [funcref]");
  EXPECT_EQ(check(module({section(1, vec({Bytes{kSub, 2, 0, 0} + kNothing}))})),
            "oversized module at offset 0xc: 2 supertypes, but the limit is 1");
}

TEST(References, TheDepthOfSupertypesIsBounded) {
  const auto chain = [](uint32_t depth) {
    Bytes types = leb(depth + 1) + Bytes{kSub, 0} + kNothing;
    for (uint32_t i = 0; i < depth; ++i) types = types + Bytes{kSub, 1} + leb(i) + kNothing;
    return check(module({section(1, types)}));
  };
  EXPECT_EQ(chain(kLimits.subtype_depth), "");
  EXPECT_EQ(chain(kLimits.subtype_depth + 1),
            "oversized module at offset 0x18b, type 64: 64 supertypes, but the limit is 63");
}

// Groups are equal as a whole; a type alone is another than the same one in a group.
TEST(References, EqualTypes) {
  const auto numbers = [](std::initializer_list<Bytes> types) {
    const Bytes bytes = module({section(1, vec(types))});
    const auto decoded = decode(std::as_bytes(std::span(bytes)));
    EXPECT_TRUE(decoded && validate(*decoded));
    ModuleTypes all(*decoded);
    all.add_all();
    std::vector<uint32_t> numbers;
    numbers.reserve(decoded->types.size());
    for (uint32_t i = 0; i < decoded->types.size(); ++i) numbers.push_back(all.number(i));
    return numbers;
  };
  using Numbers = std::vector<uint32_t>;
  EXPECT_EQ(numbers({kNothing, func_type({i32}, {}), kNothing}), (Numbers{1, 2, 1}));
  EXPECT_EQ(numbers({kNothing, Bytes{kSub, 0} + kNothing}), (Numbers{1, 2}));
  const auto pair = [](uint8_t first) {
    return Bytes{kRec} +
           vec({fn({{kRef, static_cast<uint8_t>(first + 1)}}, {}), fn({{kRef, first}}, {})});
  };
  EXPECT_EQ(numbers({pair(0), pair(2)}), (Numbers{1, 2, 1, 2}));
  const Bytes alone = fn({{kRef, 0}}, {});
  EXPECT_EQ(numbers({kNothing, alone, Bytes{kRec} + vec({alone, kNothing})}),
            (Numbers{1, 2, 3, 4}));
}

TEST(References, LocalsWithoutDefault) {
  const Bytes local = {1, 1, kRef, 0};
  const std::string unset =
      "function 0: uninitialized local 0: its type (ref 0) has no default value";
  EXPECT_EQ(rule({kNothing}, {}, local), "");
  EXPECT_EQ(rule({kNothing}, {0x20, 0, 0x1a}, local), unset);
  EXPECT_EQ(rule({kNothing}, {0xd2, 0, 0x21, 0, 0x20, 0, 0x1a}, local), "");
  EXPECT_EQ(rule({kNothing}, {0xd2, 0, 0x22, 0, 0x1a, 0x20, 0, 0x1a}, local), "");
  EXPECT_EQ(rule({kNothing}, {0x02, 0x40, 0xd2, 0, 0x21, 0, 0x0b, 0x20, 0, 0x1a}, local), unset);
  EXPECT_EQ(
      rule({kNothing}, {0x41, 0, 0x04, 0x40, 0xd2, 0, 0x21, 0, 0x05, 0x20, 0, 0x1a, 0x0b}, local),
      unset);
  EXPECT_EQ(rule({kNothing}, {0x00, 0x20, 0, 0x1a}, local), unset);
}

TEST(References, Instructions) {
  EXPECT_EQ(rule({kNothing}, {0xd2, 0, 0x14, 0}), "");
  EXPECT_EQ(rule({kNothing}, {0xd0, 0, 0xd4, 0x14, 0}), "");
  EXPECT_EQ(rule({kNothing}, {0xd0, 0x73, 0x14, 0}), "");
  EXPECT_EQ(rule({kNothing}, {0xd0, 0x70, 0x14, 0}),
            "function 0: type mismatch: expected (ref null 0), found funcref");
  EXPECT_EQ(rule({kNothing, func_type({i32}, {})}, {0xd2, 0, 0x14, 1}),
            "function 0: type mismatch: expected (ref null 1), found (ref 0)");
  EXPECT_EQ(rule({kNothing}, {0x41, 0, 0xd4, 0x1a}),
            "function 0: type mismatch: expected a reference, found i32");
  EXPECT_EQ(rule({kNothing}, {0x00, 0xd4, 0x45, 0x1a}),
            "function 0: type mismatch: expected i32, found (ref bottom)");
  EXPECT_EQ(rule({kNothing}, {0xd0, 0, 0xd5, 0, 0x14, 0}), "");
  EXPECT_EQ(rule({kNothing}, {0x02, kRef, 0, 0xd0, 0, 0xd6, 0, 0x00, 0x0b, 0x14, 0}), "");
  EXPECT_EQ(rule({kNothing}, {0xd0, 0, 0xd6, 0}),
            "function 0: type mismatch: the label must take a reference, but takes nothing");
  EXPECT_EQ(rule({kNothing}, {0x02, kRef, 0x6f, 0xd0, 0, 0xd6, 0, 0x00, 0x0b, 0x1a}),
            "function 0: type mismatch: expected (ref extern), found (ref 0)");
}

TEST(References, TablesAndSegments) {
  const Bytes types = section(1, vec({kNothing}));
  EXPECT_EQ(
      check(module({types, section(4, vec({{kRef, 0, 0, 1}}))})),
      "invalid module at offset 0x11, table 0: type mismatch: (ref 0) needs an initial value");
  EXPECT_EQ(check(module({types, section(3, vec({{0}})),
                          section(4, vec({{0x40, 0, kRef, 0, 0, 1, 0xd2, 0, 0x0b}})),
                          section(10, vec({body({})}))})),
            "");
  // Functions by index are of type (ref func): good for a funcref table, not for a table of type 0.
  const auto element = [&](const Bytes& table) {
    return check(
        module({types, section(3, vec({{0}})), section(4, vec({table})),
                section(9, vec({{0, 0x41, 0, 0x0b, 1, 0}})), section(10, vec({body({})}))}));
  };
  EXPECT_EQ(element({funcref, 0, 1}), "");
  EXPECT_EQ(
      element({kRefNull, 0, 0, 1}),
      "invalid module at offset 0x1c, element segment 0: type mismatch: (ref func) in a table "
      "of (ref null 0)");
}

TEST(TailCalls, ResultsAreTheCallers) {
  const Bytes gives_i32 = func_type({}, {i32});
  EXPECT_EQ(rule({kNothing}, {0x12, 0}), "");
  EXPECT_EQ(rule({kNothing}, {0x12, 0, 0x42, 0, 0x45, 0x1a}),
            "function 0: type mismatch: expected i32, found i64");
  EXPECT_EQ(rule({kNothing, gives_i32}, {0xd0, 1, 0x15, 1}),
            "function 0: type mismatch: a tail call of a function [] -> [i32] in one that gives "
            "[] -> []");
  EXPECT_EQ(rule({kNothing}, {0x12, 7}), "function 0: unknown function 7");
  EXPECT_EQ(rule({kNothing}, {0x41, 0, 0x13, 0, 0}), "function 0: unknown table 0");
}

}  // namespace
}  // namespace wasmedge::wasm
