#include "runtime/compile/reroll.h"

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/STLExtras.h>

namespace wasmedge::compile {
namespace {

class Repetition {
 public:
  Repetition(llvm::ArrayRef<llvm::Instruction*> work, const llvm::PHINode& counter,
             StepsAlong steps_along)
      : work_(work),
        block_(work.front()->getParent()),
        counter_(counter),
        steps_along_(steps_along) {
    for (size_t i = 0; i < work.size(); ++i) index_[work[i]] = i;
  }

  bool holds(size_t times) {
    times_ = times;
    size_ = work_.size() / times;
    for (size_t group = 1; group < times; ++group) {
      for (size_t i = 0; i < size_; ++i) {
        if (!alike(i, group)) return false;
      }
    }
    return hands_over();
  }

 private:
  bool alike(size_t i, size_t group) const {
    const llvm::Instruction& first = *work_[i];
    const llvm::Instruction& later = *work_[group * size_ + i];
    if (!first.isSameOperationAs(&later)) return false;
    const llvm::Value* address = llvm::getLoadStorePointerOperand(&first);
    for (unsigned operand = 0; operand < first.getNumOperands(); ++operand) {
      const llvm::Value* a = first.getOperand(operand);
      const llvm::Value* b = later.getOperand(operand);
      if (a == address && steps_along_(first, later, group, times_)) continue;
      if (!alike_operand(*a, *b, group)) return false;
    }
    return true;
  }

  bool alike_operand(const llvm::Value& a, const llvm::Value& b, size_t group) const {
    const auto* instruction = llvm::dyn_cast<llvm::Instruction>(&a);
    if (instruction == nullptr || instruction->getParent() != block_) return &a == &b;
    if (const auto* phi = llvm::dyn_cast<llvm::PHINode>(instruction)) {
      // What the repetition before left: of the turn before for the first.
      const auto last = index_.find(phi->getIncomingValueForBlock(block_));
      return phi != &counter_ && last != index_.end() && last->second >= (times_ - 1) * size_ &&
             &b == work_[last->second - (times_ - group) * size_];
    }
    const auto in_first = index_.find(&a);
    return in_first != index_.end() && in_first->second < size_ &&
           &b == work_[group * size_ + in_first->second];
  }

  // Only the last repetition's values are used by the next turn, or after the loop.
  bool hands_over() const {
    for (size_t i = 0; i < work_.size(); ++i) {
      for (const llvm::User* user : work_[i]->users()) {
        const auto* instruction = llvm::cast<llvm::Instruction>(user);
        const bool within = index_.contains(instruction);
        if (!within && i < (times_ - 1) * size_) return false;
      }
    }
    return llvm::all_of(block_->phis(), [&](const llvm::PHINode& phi) {
      return &phi == &counter_ || !used_outside(phi);
    });
  }

  bool used_outside(const llvm::PHINode& phi) const {
    return llvm::any_of(phi.users(), [&](const llvm::User* user) {
      return llvm::cast<llvm::Instruction>(user)->getParent() != block_;
    });
  }

  llvm::ArrayRef<llvm::Instruction*> work_;
  const llvm::BasicBlock* block_;
  const llvm::PHINode& counter_;
  StepsAlong steps_along_;
  llvm::DenseMap<const llvm::Value*, size_t> index_;
  size_t times_ = 1;
  size_t size_ = 0;
};

}  // namespace

size_t count_repetitions(llvm::ArrayRef<llvm::Instruction*> work, const llvm::PHINode& counter,
                         StepsAlong steps_along) {
  constexpr size_t kMost = 16;
  if (work.empty()) return 1;
  Repetition repetition(work, counter, steps_along);
  for (size_t times = kMost; times > 1; --times) {
    if (work.size() % times == 0 && repetition.holds(times)) return times;
  }
  return 1;
}

void keep_first_repetition(llvm::ArrayRef<llvm::Instruction*> work, size_t times) {
  const size_t size = work.size() / times;
  for (size_t i = 0; i < size; ++i) {
    for (size_t group = 1; group < times; ++group) {
      work[i]->andIRFlags(work[group * size + i]);
    }
    work[(times - 1) * size + i]->replaceUsesWithIf(
        work[i], [&](const llvm::Use& use) { return !llvm::is_contained(work, use.getUser()); });
  }
  for (llvm::Instruction* instruction : llvm::reverse(work.drop_front(size))) {
    instruction->eraseFromParent();
  }
}

}  // namespace wasmedge::compile
