#include "test/unit/compile/guest.h"

namespace wasmedge::test {
namespace {

using run::TrapCode;

uint32_t low(uint64_t value) {
  return static_cast<uint32_t>(value);
}

TEST_P(BothQualities, Arithmetic) {
  ModuleBytes module;
  const uint32_t binary = module.type({kI32, kI32}, {kI32});
  module.export_function("add", module.function(binary, {0x20, 0, 0x20, 1, 0x6a}));
  module.export_function("div_s", module.function(binary, {0x20, 0, 0x20, 1, 0x6d}));
  module.export_function("rem_s", module.function(binary, {0x20, 0, 0x20, 1, 0x6f}));
  module.export_function("shl", module.function(binary, {0x20, 0, 0x20, 1, 0x74}));
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(low(guest.result("add", {40, 2})), 42u);
  EXPECT_EQ(low(guest.result("div_s", {low(-7), 2})), low(-3));
  EXPECT_EQ(guest.trap("div_s", {1, 0}).code, TrapCode::kIntegerDivideByZero);
  EXPECT_EQ(guest.trap("div_s", {0x80000000, 0xffffffff}).code, TrapCode::kIntegerOverflow);
  EXPECT_EQ(low(guest.result("rem_s", {0x80000000, 0xffffffff})), 0u);
  EXPECT_EQ(low(guest.result("shl", {1, 33})), 2u);
}

INSTANTIATE_TEST_SUITE_P(Quality, BothQualities,
                         testing::Values(compile::Quality::kBest, compile::Quality::kNone),
                         [](const auto& info) {
                           return info.param == compile::Quality::kBest ? "Best" : "None";
                         });

}  // namespace
}  // namespace wasmedge::test
