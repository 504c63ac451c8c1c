#include "runtime/compile/masked_loads.h"

#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>

#include <vector>

namespace wasmedge::compile {
namespace {

// What one instruction of the CPU may do besides to select and to load: extend, convert, compute.
constexpr unsigned kSteps = 4;

void freeze_loads(llvm::User& user, unsigned steps) {
  for (llvm::Use& use : user.operands()) {
    auto* operand = llvm::dyn_cast<llvm::Instruction>(use.get());
    if (operand == nullptr || llvm::isa<llvm::PHINode>(operand)) continue;
    if (auto* load = llvm::dyn_cast<llvm::LoadInst>(operand)) {
      auto* frozen = new llvm::FreezeInst(load, "", load->getNextNode()->getIterator());
      use.set(frozen);
    } else if (steps > 0 && operand->hasOneUse() && !llvm::isa<llvm::CallBase>(operand)) {
      freeze_loads(*operand, steps - 1);
    }
  }
}

}  // namespace

void unmask_loads(llvm::Function& function) {
  std::vector<llvm::SelectInst*> selects;
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    auto* select = llvm::dyn_cast<llvm::SelectInst>(&instruction);
    if (select != nullptr && !select->getType()->isIntOrPtrTy()) selects.push_back(select);
  }
  for (llvm::SelectInst* select : selects) freeze_loads(*select, kSteps);
}

}  // namespace wasmedge::compile
