#pragma once

#include <llvm/ADT/SmallVector.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/ScalarEvolution.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>
#include <llvm/Transforms/Utils/ScalarEvolutionExpander.h>

#include <optional>

namespace wasmedge::compile {

/// A loop of one block that counts, and whose accesses step through memory.
///
/// Wasm's addresses are sums modulo 2^32, so LLVM must reckon with a wrap in the middle of an array
/// and cannot see that neighbours are neighbours: it vectorises badly or not at all. Here the loop
/// is made twice. A check before it, in 64 bits, tells that no address will wrap: then the first
/// runs, whose addresses are 64-bit sums of one counter. Else it is the second, which is as it was.
class LinearLoop {
 public:
  /// Nothing if `loop` is not such a loop, or has nothing to gain.
  static std::optional<LinearLoop> analyse(llvm::Loop& loop, llvm::ScalarEvolution& evolution);

  /// Makes it so. LoopInfo and the dominator tree stay true; everything else is invalid.
  void transform(llvm::LoopInfo& loops, llvm::DominatorTree& tree);

 private:
  // Addresses start + delta + i * step in turn i, where start and step are common.
  struct Stride {
    const llvm::SCEV* start = nullptr;  // i32, the first access's
    int64_t step = 0;
    int64_t least = 0;  // of the deltas
    int64_t most = 0;
    llvm::Value* begin = nullptr;  // start in 64 bits, once it is there
  };
  struct Access {
    llvm::Instruction* instruction = nullptr;
    const llvm::SCEV* base = nullptr;  // a pointer; what is added to the 32-bit index
    size_t stride = 0;
    int64_t delta = 0;
    // Once they are there; way is the step's product with the turn.
    llvm::BinaryOperator* way = nullptr;
    llvm::Value* address = nullptr;
  };

  // The loop goes on while start + i * step compares so with bound, in 32 bits.
  struct End {
    llvm::CmpInst::Predicate goes_on = llvm::CmpInst::BAD_ICMP_PREDICATE;
    const llvm::SCEV* start = nullptr;
    int64_t step = 0;
    const llvm::SCEV* bound = nullptr;
  };

  LinearLoop(llvm::Loop& loop, llvm::ScalarEvolution& evolution);

  bool take(llvm::Instruction& instruction);
  bool take_address(llvm::Instruction& instruction, const llvm::SCEV* pointer);
  bool take_end();
  bool can_expand();

  llvm::Value* count_to_end(llvm::IRBuilder<>& builder, llvm::SCEVExpander& expander);
  llvm::Value* wraps(llvm::Instruction* before);
  void make_slow_copy(llvm::Value* condition, llvm::LoopInfo& loops, llvm::DominatorTree& tree);
  void settle_exit_values();
  void count_turns();
  void rewrite_accesses();
  void sweep();
  void reroll();
  llvm::SmallVector<llvm::Instruction*> work() const;

  llvm::Loop* loop_;
  llvm::ScalarEvolution* evolution_;
  llvm::BasicBlock* block_;
  End end_;
  llvm::SmallVector<Stride> strides_;
  llvm::SmallVector<Access> accesses_;
  // After transform's check.
  llvm::Value* last_ = nullptr;        // the number of turns less one; 64 bits
  llvm::PHINode* turn_ = nullptr;      // counts from 0 to last_
  llvm::Value* next_ = nullptr;        // and one more
  llvm::ICmpInst* at_last_ = nullptr;  // whether it is there
};

}  // namespace wasmedge::compile
