#include "runtime/compile/relax.h"

#include <llvm/ADT/SetVector.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "runtime/compile/ir_module.h"

namespace wasmedge::compile {
namespace {

// A value that becomes more than this many others is no array's element to be vectorised; to follow
// it would be quadratic.
constexpr size_t kMostValues = 256;

// What a turn of the loop, or the next, computes of a load's value.
struct Reach {
  llvm::SetVector<const llvm::Value*> values;
  llvm::SetVector<llvm::PHINode*> sums;
};

// One innermost loop of one block.
class Loop {
 public:
  explicit Loop(const llvm::Loop& loop)
      : block_(*loop.getHeader()), before_(loop.getLoopPreheader()), exit_(loop.getExitBlock()) {}

  void relax() {
    std::map<const llvm::Value*, std::vector<std::pair<llvm::LoadInst*, Reach>>> needed;
    for (llvm::Instruction& instruction : block_) {
      if (!IrModule::is_relaxable(instruction)) continue;
      if (auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction)) {
        store->setVolatile(false);
        continue;
      }
      auto& load = llvm::cast<llvm::LoadInst>(instruction);
      if (std::optional<Reach> reach = reach_if_needed(load)) {
        needed[load.getPointerOperand()].emplace_back(&load, std::move(*reach));
      }
    }
    llvm::SetVector<llvm::PHINode*> sums;
    for (const auto& [pointer, loads] : needed) {
      // Two of one address may turn out to be equal, and what is computed of both to be nothing.
      if (do_meet(loads)) continue;
      for (const auto& [load, reach] : loads) {
        load->setVolatile(false);
        sums.insert(reach.sums.begin(), reach.sums.end());
      }
    }
    for (llvm::PHINode* sum : sums) hide(*sum);
  }

 private:
  static bool do_meet(const std::vector<std::pair<llvm::LoadInst*, Reach>>& loads) {
    std::set<const llvm::Value*> all;
    for (const auto& [load, reach] : loads) {
      for (const llvm::Value* value : reach.values) {
        if (!all.insert(value).second) return true;
      }
    }
    return false;
  }

  // Nothing unless every turn needs the value, and all of it.
  std::optional<Reach> reach_if_needed(const llvm::LoadInst& load) const {
    Reach reach;
    reach.values.insert(&load);
    std::vector<std::pair<const llvm::Value*, const llvm::PHINode*>> for_next_turn;
    bool is_stored = false;  // or decides whether there is a next turn
    bool is_used_after = false;
    std::set<const llvm::Value*> unchanged = {&load};
    for (size_t i = 0, j = 0; i < reach.values.size();) {
      if (i == kMostValues) return std::nullopt;
      const llvm::Value* value = reach.values[i++];
      for (const llvm::User* user : value->users()) {
        const auto* instruction = llvm::cast<llvm::Instruction>(user);
        if (instruction->getParent() != &block_) {
          is_used_after |= value == &load;
          continue;
        }
        if (may_shrink(load, *value, *instruction)) return std::nullopt;
        if (const auto* phi = llvm::dyn_cast<llvm::PHINode>(instruction)) {
          for_next_turn.emplace_back(value, phi);
          continue;
        }
        // A later turn's need is not this one's.
        if (j == 0)
          is_stored |= instruction->isTerminator() || llvm::isa<llvm::StoreInst>(instruction);
        reach.values.insert(instruction);
      }
      while (i == reach.values.size() && j < for_next_turn.size()) {
        const auto& [fed_by, phi] = for_next_turn[j++];
        if (unchanged.contains(fed_by)) {
          unchanged.insert(phi);
        } else if (is_hideable(*phi)) {
          reach.sums.insert(const_cast<llvm::PHINode*>(phi));
        } else {
          return std::nullopt;
        }
        reach.values.insert(phi);
      }
    }
    // Unless it is stored, a value that leaves the turn as it is may be loaded in the last turn
    // only, and one that is used after the loop be sunk there.
    const bool leaves = unchanged.size() > 1 || is_used_after;
    if (!is_stored && (leaves || reach.sums.empty())) return std::nullopt;
    return reach;
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
};

}  // namespace

void relax_accesses(const llvm::LoopInfo& loops) {
  for (const llvm::Loop* loop : loops.getLoopsInPreorder()) {
    if (loop->getNumBlocks() == 1) Loop(*loop).relax();
  }
}

}  // namespace wasmedge::compile
