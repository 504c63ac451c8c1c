#include "runtime/compile/relax.h"

#include <llvm/ADT/SetVector.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>

#include <map>

#include "runtime/compile/ir_module.h"

namespace wasmedge::compile {
namespace {

// A value that becomes more than this many others is no array's element to be vectorised; to follow
// it would be quadratic.
constexpr size_t kMostValues = 256;

// One innermost loop of one block.
class Loop {
 public:
  explicit Loop(const llvm::Loop& loop)
      : block_(*loop.getHeader()), before_(loop.getLoopPreheader()), exit_(loop.getExitBlock()) {
    for (llvm::Instruction& instruction : block_) {
      if (auto* load = llvm::dyn_cast<llvm::LoadInst>(&instruction)) {
        ++loads_at_[load->getPointerOperand()];
      }
    }
  }

  void relax() {
    std::vector<llvm::Instruction*> relaxable;
    for (llvm::Instruction& instruction : block_) {
      if (IrModule::is_relaxable(instruction)) relaxable.push_back(&instruction);
    }
    llvm::SetVector<llvm::PHINode*> sums;
    for (llvm::Instruction* instruction : relaxable) {
      if (auto* store = llvm::dyn_cast<llvm::StoreInst>(instruction)) {
        store->setVolatile(false);
        continue;
      }
      auto& load = llvm::cast<llvm::LoadInst>(*instruction);
      llvm::SetVector<llvm::PHINode*> fed;
      if (!is_needed_whole(load, fed)) continue;
      load.setVolatile(false);
      sums.insert(fed.begin(), fed.end());
    }
    for (llvm::PHINode* sum : sums) hide(*sum);
  }

 private:
  // Whether every turn needs the value, and all of it; with the phis of the loop that it gets into.
  bool is_needed_whole(const llvm::LoadInst& load, llvm::SetVector<llvm::PHINode*>& fed) const {
    // Two of one address may turn out to be equal, and what is computed of both to be nothing.
    if (loads_at_.at(load.getPointerOperand()) > 1) return false;
    llvm::SetVector<const llvm::Value*> values;
    values.insert(&load);
    bool is_needed = false;
    for (size_t i = 0; i < values.size(); ++i) {
      if (i == kMostValues) return false;
      for (const llvm::User* user : values[i]->users()) {
        const auto* instruction = llvm::cast<llvm::Instruction>(user);
        if (instruction->getParent() != &block_) {
          if (values[i] == &load) return false;  // sunk to where it is needed
          continue;
        }
        if (may_shrink(load, *values[i], *instruction)) return false;
        if (const auto* phi = llvm::dyn_cast<llvm::PHINode>(instruction)) {
          // The last turn's value alone, or of a type that cannot be hidden.
          if (values[i] == &load || !is_hideable(*phi)) return false;
          fed.insert(const_cast<llvm::PHINode*>(phi));
        }
        is_needed |= instruction->isTerminator() || llvm::isa<llvm::StoreInst>(instruction) ||
                     llvm::isa<llvm::PHINode>(instruction);
        values.insert(instruction);
      }
    }
    return is_needed;
  }

  // Whether a pass could make do with a part of what is loaded.
  static bool may_shrink(const llvm::LoadInst& load, const llvm::Value& value,
                         const llvm::Instruction& user) {
    if (const auto* trunc = llvm::dyn_cast<llvm::TruncInst>(&user)) {
      return trunc->getType()->getScalarSizeInBits() < load.getType()->getScalarSizeInBits();
    }
    if (&value != &load) return false;
    if (const auto* store = llvm::dyn_cast<llvm::StoreInst>(&user)) {
      return store->getPointerOperand() == load.getPointerOperand();
    }
    if (user.isBitwiseLogicOp() || user.isShift()) {
      return llvm::isa<llvm::Constant>(user.getOperand(1));
    }
    return llvm::isa<llvm::ExtractElementInst, llvm::ShuffleVectorInst>(user);
  }

  bool is_hideable(const llvm::PHINode& phi) const {
    const llvm::Type* type = phi.getType();
    return before_ != nullptr && exit_ != nullptr && exit_->getSinglePredecessor() == &block_ &&
           (type->isIntegerTy(32) || type->isIntegerTy(64) || type->isFloatTy() ||
            type->isDoubleTy());
  }

  // A product that begins with 0 stays 0, and a sum that nobody asks for is none: LLVM would do
  // without the loads. So it does not learn what the phi begins with, nor whether its end is used.
  void hide(llvm::PHINode& phi) {
    llvm::IRBuilder<> before(before_->getTerminator());
    llvm::Value* first = phi.getIncomingValueForBlock(before_);
    phi.setIncomingValueForBlock(before_, opaque(before, first, "=r,0"));
    llvm::IRBuilder<> after(&*exit_->getFirstInsertionPt());
    llvm::Value* last = phi.getIncomingValueForBlock(&block_);
    llvm::IRBuilder<> top(exit_, exit_->begin());
    llvm::PHINode* end = top.CreatePHI(last->getType(), 1);
    end->addIncoming(last, &block_);
    opaque(after, end, "r");
  }

  // An empty piece of assembly that takes the value in a register and, with a result, gives it.
  static llvm::Value* opaque(llvm::IRBuilder<>& builder, llvm::Value* value,
                             const char* constraints) {
    llvm::Type* type = value->getType();
    llvm::Type* bits = builder.getIntNTy(static_cast<unsigned>(type->getScalarSizeInBits()));
    const bool gives = constraints[0] == '=';
    llvm::Type* result = gives ? bits : builder.getVoidTy();
    llvm::FunctionType* signature = llvm::FunctionType::get(result, {bits}, false);
    llvm::CallInst* call = builder.CreateCall(
        llvm::InlineAsm::get(signature, "", constraints, /*hasSideEffects=*/!gives),
        {builder.CreateBitCast(value, bits)});
    call->setDoesNotThrow();
    call->setOnlyAccessesInaccessibleMemory();
    if (gives) call->setDoesNotAccessMemory();
    return gives ? builder.CreateBitCast(call, type) : call;
  }

  llvm::BasicBlock& block_;
  llvm::BasicBlock* before_;
  llvm::BasicBlock* exit_;
  std::map<const llvm::Value*, unsigned> loads_at_;
};

}  // namespace

void relax_accesses(const llvm::LoopInfo& loops) {
  for (const llvm::Loop* loop : loops.getLoopsInPreorder()) {
    if (loop->getNumBlocks() == 1) Loop(*loop).relax();
  }
}

}  // namespace wasmedge::compile
