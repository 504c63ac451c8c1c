// Tags and the instructions of exceptions, both encodings.
#include <gtest/gtest.h>

#include "test/unit/wasm/bytes.h"

namespace wasmedge::wasm {
namespace {

constexpr uint8_t kExnref = 0x69;

const Bytes kTypes =
    section(1, vec({func_type({}, {}), func_type({i32}, {}), func_type({}, {i32})}));

/// The message behind the offset, of a function [] -> [] in a module with a tag of an i32.
std::string rule(const Bytes& code) {
  const std::string message =
      check(module({kTypes, section(3, vec({{0}})), section(13, vec({{0, 1}})),
                    section(10, vec({body(code)}))}));
  const size_t comma = message.find(", ");
  return comma == std::string::npos ? message : message.substr(comma + 2);
}

TEST(Tags, Section) {
  EXPECT_EQ(check(module({kTypes, section(13, vec({{0, 1}, {0, 0}}))})), "");
  EXPECT_EQ(check(module({kTypes, section(2, vec({{0, 0, 4, 0, 1}})),
                          section(7, vec({name("t") + Bytes{4, 0}}))})),
            "");
  EXPECT_EQ(check(module({kTypes, section(13, vec({{0, 2}}))})),
            "invalid module at offset 0x19, tag 0: non-empty tag result type: [] -> [i32]");
  EXPECT_EQ(check(module({kTypes, section(13, vec({{0, 3}}))})),
            "invalid module at offset 0x19, tag 0: unknown type 3");
  EXPECT_EQ(check(module({kTypes, section(13, vec({{1, 0}}))})),
            "malformed module at offset 0x19: malformed tag: zero byte expected");
  EXPECT_EQ(check(module({kTypes, section(7, vec({name("t") + Bytes{4, 0}}))})),
            "invalid module at offset 0x19, export 0: unknown tag 0");
}

TEST(Exceptions, Throw) {
  EXPECT_EQ(rule({0x41, 0, 0x08, 0}), "");
  EXPECT_EQ(rule({0x08, 0}),
            "function 0: type mismatch: expected i32, found nothing on this block's stack");
  EXPECT_EQ(rule({0x08, 1}), "function 0: unknown tag 1");
  EXPECT_EQ(rule({0xd0, kExnref, 0x0a}), "");
  EXPECT_EQ(rule({0xd0, 0x74, 0x0a}), "");
  EXPECT_EQ(rule({0xd0, funcref, 0x0a}),
            "function 0: type mismatch: expected exnref, found funcref");
}

// block (result …) try_table (clause …) unreachable end unreachable end drop…
TEST(Exceptions, Clauses) {
  const auto clause = [](const Bytes& result, const Bytes& one, const Bytes& rest = {0x1a}) {
    return rule(Bytes{0x02} + result + Bytes{0x1f, 0x40, 1} + one + Bytes{0x00, 0x0b, 0x00, 0x0b} +
                rest);
  };
  EXPECT_EQ(clause({i32}, {0, 0, 0}), "");
  EXPECT_EQ(clause({kExnref}, {3, 0}), "");
  EXPECT_EQ(clause({0x64, kExnref}, {3, 0}), "");
  EXPECT_EQ(clause({0x40}, {2, 0}, {}), "");
  EXPECT_EQ(
      clause({0x40}, {0, 0, 1}, {}),
      "function 0: type mismatch: a catch clause gives [] -> [i32], but label 1 takes [] -> []");
  EXPECT_EQ(
      clause({i32}, {1, 0, 0}),
      "function 0: type mismatch: a catch clause gives [] -> [i32 (ref exn)], but label 0 takes "
      "[] -> [i32]");
  EXPECT_EQ(clause({0x40}, {2, 5}, {}), "function 0: unknown label 5");
  EXPECT_EQ(clause({0x40}, {0, 5, 0}, {}), "function 0: unknown tag 5");
  EXPECT_EQ(clause({0x40}, {4, 0}, {}), "function 0: malformed catch clause 0x04");
  EXPECT_EQ(rule(Bytes{0x1f, 0x40} + leb(0xffffffff)),
            "function 0: unexpected end: 4294967295 catch clauses, but 1 bytes are left");
}

TEST(Exceptions, Legacy) {
  EXPECT_EQ(rule({0x06, 0x40, 0x41, 0, 0x08, 0, 0x07, 0, 0x1a, 0x09, 0, 0x19, 0x09, 0, 0x0b}), "");
  EXPECT_EQ(rule({0x06, 0x40, 0x18, 0}), "");
  EXPECT_EQ(rule({0x06, 0x40, 0x18, 1}), "function 0: unknown label 1");
  EXPECT_EQ(
      rule({0x06, 0x40, 0x07, 0, 0x0b}),
      "function 0: type mismatch: the block ends with 1 more on the stack than its type gives");
  EXPECT_EQ(rule({0x06, 0x40, 0x09, 0, 0x0b}),
            "function 0: invalid rethrow label 0: it is not of a catch");
  EXPECT_EQ(rule({0x07, 0}), "function 0: catch without a try");
  EXPECT_EQ(rule({0x06, 0x40, 0x19, 0x19, 0x0b}), "function 0: catch_all without a try");
  EXPECT_EQ(rule({0x06, 0x40, 0x19, 0x07, 0, 0x0b}), "function 0: catch without a try");
  EXPECT_EQ(rule({0x02, 0x40, 0x18, 0}), "function 0: delegate without a try");
  EXPECT_EQ(rule({0x06, i32, 0x07, 0, 0x0b, 0x1a}),
            "function 0: type mismatch: expected i32, found nothing on this block's stack");
}

}  // namespace
}  // namespace wasmedge::wasm
