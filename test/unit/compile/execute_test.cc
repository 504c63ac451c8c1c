#include "test/unit/compile/guest.h"

// What the spec suite does not look at, or looks at only through other features: where traps are
// reported, what stays visible after them, loops that do nothing, code across partitions.
namespace wasmedge::test {
namespace {

using run::TrapCode;

uint32_t low(uint64_t value) {
  return static_cast<uint32_t>(value);
}

TEST_P(BothQualities, Division) {
  ModuleBytes module;
  const uint32_t binary = module.type({kI32, kI32}, {kI32});
  module.export_function("div_s", module.function(binary, {0x20, 0, 0x20, 1, 0x6d}));
  module.export_function("rem_s", module.function(binary, {0x20, 0, 0x20, 1, 0x6f}));
  module.export_function("unused",
                         module.function(binary, {0x20, 0, 0x20, 1, 0x6d, 0x1a, 0x41, 5}));
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(low(guest.result("div_s", {low(-7), 2})), low(-3));
  EXPECT_EQ(guest.trap("div_s", {1, 0}).code, TrapCode::kIntegerDivideByZero);
  EXPECT_EQ(guest.trap("div_s", {0x80000000, 0xffffffff}).code, TrapCode::kIntegerOverflow);
  EXPECT_EQ(low(guest.result("rem_s", {0x80000000, 0xffffffff})), 0u);
  EXPECT_EQ(guest.trap("unused", {1, 0}).code, TrapCode::kIntegerDivideByZero)
      << "a division whose result nobody wants still traps";
}

TEST_P(BothQualities, TrapsNameFunctionAndOffset) {
  ModuleBytes module;
  const uint32_t unary = module.type({kI32}, {kI32});
  module.memory({0x00, 1});
  // Two divisions by the argument less a constant: the same code, which must not be merged.
  const Bytes first = {0x41, 1, 0x20, 0, 0x41, 7, 0x6b, 0x6e};
  const Bytes second = {0x41, 1, 0x20, 0, 0x41, 9, 0x6b, 0x6e};
  module.function(unary, {0x20, 0});
  module.export_function("f", module.function(unary, concat({first, second, {0x6a}})));
  module.export_function("load", module.function(unary, {0x20, 0, 0x28, 2, 0, 0x1a, 0x41, 0}));
  const Bytes bytes = module.bytes();
  const auto offset_of = [&bytes](const Bytes& code) {
    const auto at = std::search(bytes.begin(), bytes.end(), code.begin(), code.end());
    return static_cast<uint32_t>(at - bytes.begin()) + static_cast<uint32_t>(code.size()) - 1;
  };
  Guest guest(bytes, GetParam());
  const run::TrapReport at_first = guest.trap("f", {7});
  EXPECT_EQ(at_first.function, 1u);
  EXPECT_EQ(at_first.wasm_offset, offset_of(first));
  EXPECT_EQ(guest.trap("f", {9}).wasm_offset, offset_of(second));
  const run::TrapReport load = guest.trap("load", {65536});
  EXPECT_EQ(load.code, TrapCode::kMemoryOutOfBounds) << "a dead load traps";
  EXPECT_EQ(load.function, 2u);
  EXPECT_EQ(load.wasm_offset, offset_of({0x20, 0, 0x28, 2, 0}) - 2);
  EXPECT_EQ(guest.trap("load", {0xffffffff}).code, TrapCode::kMemoryOutOfBounds);
}

TEST_P(BothQualities, AddressesAreSummedBeyond32Bits) {
  ModuleBytes module;
  const uint32_t unary = module.type({kI32}, {kI32});
  module.memory({0x00, 1});
  module.export_function("f",
                         module.function(unary, concat({{0x20, 0, 0x2d, 0}, leb(0xffffffff)})));
  // The sum of 32-bit parts wraps in the guest's own arithmetic only.
  module.export_function("g", module.function(unary, {0x20, 0, 0x41, 4, 0x6a, 0x2d, 0, 0}));
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(guest.trap("f", {1}).code, TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(guest.trap("f", {0xffffffff}).code, TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(low(guest.result("g", {0xfffffffc})), 0u);
}

TEST_P(BothQualities, EffectsBeforeATrapStay) {
  ModuleBytes module;
  const uint32_t none = module.type({}, {});
  const uint32_t get = module.type({}, {kI32});
  module.memory({0x00, 1});
  module.global(kI32, true, i32(1));
  // global = 2; a load out of bounds; global = 3
  module.export_function(
      "f", module.function(
               none, concat({i32(2), {0x24, 0}, i32(-1), {0x28, 2, 0, 0x1a}, i32(3), {0x24, 0}})));
  module.export_function("get", module.function(get, {0x23, 0}));
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(guest.trap("f").code, TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(low(guest.result("get")), 2u);
}

TEST_P(BothQualities, EndlessRecursionTraps) {
  ModuleBytes module;
  const uint32_t unary = module.type({kI32}, {kI32});
  module.export_function("f", module.function(unary, {0x20, 0, 0x10, 0, 0x20, 0, 0x6a}));
  // A frame of 400 KB, most of it beyond one guard page.
  const Bytes big_locals = concat({leb(49'990), {kI64}});
  Bytes code = {0x20, 0, 0x10, 1};
  for (uint32_t i = 1; i < 2000; ++i) {
    append(code, concat({{0x20, 0, 0x10, 1, 0xac, 0x21}, leb(i)}));
  }
  module.export_function("g", module.function(unary, code, {big_locals}));
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(guest.trap("f", {1}).code, TrapCode::kStackOverflow);
  EXPECT_EQ(guest.trap("g", {1}).code, TrapCode::kStackOverflow);
}

TEST_P(BothQualities, IndirectCalls) {
  ModuleBytes module;
  const uint32_t get = module.type({}, {kI32});
  const uint32_t other = module.type({kI64}, {kI32});
  const uint32_t unary = module.type({kI32}, {kI32});
  module.function(get, i32(42));
  module.function(other, i32(43));
  module.export_function("f", module.function(unary, concat({{0x20, 0, 0x11}, leb(get), {0}})));
  module.table({kFuncref, 0x01, 4, 4});
  module.element(concat({{0x00}, i32(0), {0x0b, 2, 0, 1}}));
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(low(guest.result("f", {0})), 42u);
  EXPECT_EQ(guest.trap("f", {1}).code, TrapCode::kIndirectCallType);
  EXPECT_EQ(guest.trap("f", {2}).code, TrapCode::kUninitializedElement);
  EXPECT_EQ(guest.trap("f", {4}).code, TrapCode::kUndefinedElement);
  EXPECT_EQ(guest.trap("f", {0xffffffff}).code, TrapCode::kUndefinedElement);
}

TEST_P(BothQualities, ManyResults) {
  ModuleBytes module;
  const Bytes results = {kI32, kF32, kI64, kF64, kI32, kF32, kI64, kF64, kI32};
  const uint32_t nine = module.type({}, results);
  const uint32_t get = module.type({}, {kI32});
  const Bytes values = concat({i32(1),
                               {0x43, 0, 0, 0, 0x40},
                               i64(3),
                               {0x44, 0, 0, 0, 0, 0, 0, 0x10, 0x40},
                               i32(5),
                               {0x43, 0, 0, 0xc0, 0x40},
                               i64(7),
                               {0x44, 0, 0, 0, 0, 0, 0, 0x20, 0x40},
                               i32(9)});
  const uint32_t make = module.export_function("make", module.function(nine, values));
  // The fifth of them, by way of a block with nine results.
  module.export_function("fifth", module.function(get,
                                                  concat({{0x02},
                                                          leb(nine),
                                                          {0x10},
                                                          leb(make),
                                                          {0x0b, 0x1a, 0x1a, 0x1a, 0x1a, 0x21, 0,
                                                           0x1a, 0x1a, 0x1a, 0x1a, 0x20, 0}}),
                                                  {concat({leb(1), {kI32}})}));
  Guest guest(module.bytes(), GetParam());
  std::vector<run::Value> got(9);
  ASSERT_TRUE(guest.call("make", got).returned());
  EXPECT_EQ(got[0].i32, 1u);
  EXPECT_EQ(got[1].f32, 2.0f);
  EXPECT_EQ(got[3].f64, 4.0);
  EXPECT_EQ(got[8].i32, 9u);
  EXPECT_EQ(low(guest.result("fifth")), 5u);
}

TEST_P(BothQualities, ConstantExpressionsOfSeveralInstructions) {
  ModuleBytes module;
  const uint32_t get = module.type({}, {kI32});
  module.memory({0x00, 1});
  module.global(kI32, false, i32(100));
  module.global(kI32, false, concat({{0x23, 0}, i32(3), {0x6c}}));  // 100 * 3
  module.data(concat({{0x00}, {0x23, 1}, i32(1), {0x6a, 0x0b}, sized({0x77})}));
  module.export_function("global", module.function(get, {0x23, 1}));
  module.export_function("byte", module.function(get, concat({i32(301), {0x2d, 0, 0}})));
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(low(guest.result("global")), 300u);
  EXPECT_EQ(low(guest.result("byte")), 0x77u);
}

// Enough code for several partitions; every function calls the next, the last is a leaf.
TEST_P(BothQualities, CallsAcrossPartitions) {
  ModuleBytes module;
  const uint32_t unary = module.type({kI32}, {kI32});
  constexpr uint32_t kCount = 40;
  for (uint32_t i = 0; i < kCount; ++i) {
    Bytes code = {0x20, 0};
    for (uint32_t k = 0; k < 4000; ++k) append(code, {0x41, 1, 0x6a});
    if (i + 1 < kCount) append(code, concat({{0x10}, leb(i + 1)}));
    module.function(unary, code);
  }
  module.export_function("f", 0);
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(low(guest.result("f", {5})), 5 + kCount * 4000);
}

INSTANTIATE_TEST_SUITE_P(Quality, BothQualities,
                         testing::Values(compile::Quality::kBest, compile::Quality::kNone),
                         [](const auto& info) {
                           return info.param == compile::Quality::kBest ? "Best" : "None";
                         });

}  // namespace
}  // namespace wasmedge::test
