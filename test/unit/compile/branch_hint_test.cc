#include <gtest/gtest.h>
#include <llvm/IR/ProfDataUtils.h>

#include "runtime/compile/ir_module.h"
#include "runtime/compile/target.h"
#include "test/unit/compile/wasm_bytes.h"

// What the section metadata.code.branch_hint makes of branches.
namespace wasmedge::test {
namespace {

/// The weights of the function's first conditional branch; 0 and 0 if it has none.
std::pair<uint64_t, uint64_t> weights(const Bytes& hints) {
  ModuleBytes module;
  const uint32_t unary = module.type({kI32}, {kI32});
  module.function(unary, {0x20, 0, 0x04, 0x40, 0x41, 7, 0x0f, 0x0b, 0x41, 8});
  const Bytes bytes =
      concat({module.bytes(), {0x00}, sized(concat({name("metadata.code.branch_hint"), hints}))});
  const auto decoded = wasm::decode(std::as_bytes(std::span(bytes))).value();
  const compile::Facts facts(decoded, {});
  const auto machine = compile::target_machine(kThisArchitecture, compile::Quality::kBest).value();
  compile::IrModule ir(facts, *machine);
  compile::emit_function(ir, 0);
  for (const llvm::BasicBlock& block : *ir.function(0)) {
    const auto* branch = llvm::dyn_cast<llvm::BranchInst>(block.getTerminator());
    if (branch == nullptr || !branch->isConditional()) continue;
    uint64_t taken = 0, not_taken = 0;
    llvm::extractBranchWeights(*branch, taken, not_taken);
    return {taken, not_taken};
  }
  ADD_FAILURE() << "no branch";
  return {};
}

TEST(BranchHints, AreWeights) {
  // Function 0; at byte 3: after the count of locals and local.get 0.
  const auto likely = weights({1, 0, 1, 3, 1, 1});
  EXPECT_GT(likely.first, likely.second);
  const auto unlikely = weights({1, 0, 1, 3, 1, 0});
  EXPECT_LT(unlikely.first, unlikely.second);
  EXPECT_EQ(weights({1, 0, 1, 2, 1, 0}), std::pair(uint64_t{0}, uint64_t{0})) << "elsewhere";
  EXPECT_EQ(weights({1, 0, 1, 3, 1, 9}), std::pair(uint64_t{0}, uint64_t{0})) << "malformed";
}

}  // namespace
}  // namespace wasmedge::test
