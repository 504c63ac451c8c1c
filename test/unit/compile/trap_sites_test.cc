#include "test/unit/compile/guest.h"

// Each check of a function traps at an address of its own, however alike the checks are.
namespace wasmedge::test {
namespace {

using TrapSites = BothQualities;

INSTANTIATE_TEST_SUITE_P(Quality, TrapSites,
                         testing::Values(compile::Quality::kBest, compile::Quality::kNone));

// (if (i32.eq (local.get 0) (i32.const k)) (then unreachable)) for k = 1, 2, 3, with a store
// between, which may not move.
TEST_P(TrapSites, EqualTrapsInOneFunction) {
  ModuleBytes module;
  module.memory({0x00, 0x01});
  Bytes code;
  for (int32_t k = 1; k <= 3; ++k) {
    append(code, concat({{0x20, 0x00}, i32(k), {0x46, 0x04, 0x40, 0x00, 0x0b}}));
    append(code, concat({i32(0), i32(k), {0x36, 0x02, 0x00}}));
  }
  module.export_function("f", module.function(module.type({kI32}, {}), code));
  const Bytes bytes = module.bytes();
  Guest guest(bytes, GetParam());
  std::vector<uint32_t> offsets;
  for (const uint64_t k : {1, 2, 3}) {
    const run::TrapReport trap = guest.trap("f", {k});
    EXPECT_EQ(trap.code, run::TrapCode::kUnreachable);
    ASSERT_GT(trap.wasm_offset, 4u);
    ASSERT_LT(trap.wasm_offset, bytes.size());
    EXPECT_EQ(bytes[trap.wasm_offset], 0x00) << "the offset of the instruction";
    EXPECT_EQ(bytes[trap.wasm_offset - 4], k) << "of the right one";
    offsets.push_back(trap.wasm_offset);
  }
  EXPECT_LT(offsets[0], offsets[1]);
  EXPECT_LT(offsets[1], offsets[2]);
}

}  // namespace
}  // namespace wasmedge::test
