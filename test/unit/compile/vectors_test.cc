#include <gtest/gtest.h>

#include "runtime/compile/emit_text.h"
#include "runtime/wasm/module.h"
#include "test/unit/compile/wasm_bytes.h"

// Loops that optimised code must run as vectors; what they compute is others' business.
namespace wasmedge::test {
namespace {

constexpr uint8_t kGet = 0x20, kSet = 0x21, kTee = 0x22, kLoad = 0x2a, kStore = 0x38, kAdd = 0x92,
                  kMultiply = 0x94;
constexpr uint8_t kP = 0, kEnd = 1, kBefore = 2, kNow = 3;

// What LLVM makes of: do { body; p += 4 * turns } while (p != end).
std::string optimised(const Bytes& body, int turns) {
  ModuleBytes module;
  module.memory({0x00, 1});
  const uint32_t type = module.type({kI32, kI32}, {});
  const Bytes advance = concat({{kGet, kP}, i32(4 * turns), {0x6a, kTee, kP}});
  const Bytes loop = concat({{0x03, 0x40}, body, advance, {kGet, kEnd, 0x47, 0x0d, 0, 0x0b}});
  module.export_function("f", module.function(type, loop, {{2, kF32}}));
  const Bytes bytes = module.bytes();
  auto decoded = wasm::decode(std::as_bytes(std::span(bytes)));
  EXPECT_TRUE(decoded) << decoded.error().message;
  const auto valid = wasm::validate(*decoded);
  EXPECT_TRUE(valid) << valid.error().message;
  auto text = compile::emit_text(*decoded, {}, compile::Form::kIr, "f");
  EXPECT_TRUE(text) << text.error().message;
  return *text;
}

void expect_vectors(const std::string& text) {
  EXPECT_NE(text.find("store <"), std::string::npos) << text;
}

TEST(Vectors, OfALoadThatTheNextTurnUsesToo) {
  // p[0] = before + p[1024]; before = p[1024]
  expect_vectors(optimised({kGet, kP,   kGet, kBefore, kGet, kP, kLoad, 0,    0x80, 0x20,
                            kTee, kNow, kAdd, kStore,  0,    0,  kGet,  kNow, kSet, kBefore},
                           1));
}

TEST(Vectors, OfTwoLoadsOfOneAddress) {
  // p[i] += (p + end)[i] * q for i = 0, 1, where q is at 8
  const auto turn = [](uint8_t offset) {
    const Bytes other = {kGet, kP, kGet, kEnd, 0x6a, kLoad, 0, offset};
    const Bytes product = concat({other, {0x41, 0, kLoad, 0, 8, kMultiply}});
    return concat({{kGet, kP, kGet, kP, kLoad, 0, offset}, product, {kAdd, kStore, 0, offset}});
  };
  expect_vectors(optimised(concat({turn(0), turn(4)}), 2));
}

}  // namespace
}  // namespace wasmedge::test
