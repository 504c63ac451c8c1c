#include "runtime/compile/linear_loop.h"

#include <llvm/Analysis/ScalarEvolutionExpressions.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/Cloning.h>
#include <llvm/Transforms/Utils/Local.h>
#include <llvm/Transforms/Utils/LoopUtils.h>
#include <llvm/Transforms/Utils/ScalarEvolutionExpander.h>

#include "runtime/compile/ir_module.h"
#include "runtime/compile/reroll.h"

namespace wasmedge::compile {
namespace {

// Each is a handful of instructions before the loop, whatever it then does.
constexpr size_t kStrides = 8;
// What is looked through for repetitions takes time with its square.
constexpr size_t kLongestWork = 256;
// Of a stride or delta in bytes; no sum of the check can wrap in 64 bits then.
constexpr int64_t kFarthest = int64_t{1} << 24;

// base + zext(index), where index takes steps modulo 2^32.
struct Address {
  const llvm::SCEV* base = nullptr;
  const llvm::SCEVAddRecExpr* index = nullptr;
};

std::optional<Address> split(const llvm::SCEV* pointer, const llvm::Loop& loop,
                             llvm::ScalarEvolution& evolution) {
  const auto* sum = llvm::dyn_cast<llvm::SCEVAddExpr>(pointer);
  if (sum == nullptr) return std::nullopt;
  Address address;
  llvm::SmallVector<const llvm::SCEV*, 4> rest;
  for (const llvm::SCEV* operand : sum->operands()) {
    if (evolution.isLoopInvariant(operand, &loop)) {
      rest.push_back(operand);
      continue;
    }
    const auto* extended = llvm::dyn_cast<llvm::SCEVZeroExtendExpr>(operand);
    if (extended == nullptr || address.index != nullptr) return std::nullopt;
    address.index = llvm::dyn_cast<llvm::SCEVAddRecExpr>(extended->getOperand());
    if (address.index == nullptr) return std::nullopt;
  }
  if (address.index == nullptr || address.index->getLoop() != &loop || !address.index->isAffine() ||
      !address.index->getType()->isIntegerTy(32)) {
    return std::nullopt;
  }
  address.base = evolution.getAddExpr(rest);
  if (!address.base->getType()->isPointerTy()) return std::nullopt;
  return address;
}

unsigned address_operand(const llvm::Instruction& access) {
  return llvm::isa<llvm::StoreInst>(access) ? llvm::StoreInst::getPointerOperandIndex()
                                            : llvm::LoadInst::getPointerOperandIndex();
}

// Makes use of what is there, and no counters of its own kind in loops around.
struct Expander : llvm::SCEVExpander {
  Expander(llvm::ScalarEvolution& evolution, const llvm::BasicBlock& block)
      : SCEVExpander(evolution, block.getModule()->getDataLayout(), "", /*PreserveLCSSA=*/false) {
    disableCanonicalMode();
  }
};

}  // namespace

LinearLoop::LinearLoop(llvm::Loop& loop, llvm::ScalarEvolution& evolution)
    : loop_(&loop), evolution_(&evolution), block_(loop.getHeader()) {}

std::optional<LinearLoop> LinearLoop::analyse(llvm::Loop& loop, llvm::ScalarEvolution& evolution) {
  if (loop.getNumBlocks() != 1 || loop.getLoopPreheader() == nullptr ||
      loop.getExitBlock() == nullptr) {
    return std::nullopt;
  }
  LinearLoop linear(loop, evolution);
  for (llvm::Instruction& instruction : *linear.block_) {
    if (!linear.take(instruction)) return std::nullopt;
  }
  if (linear.accesses_.empty() || !linear.take_end() || !linear.can_expand()) return std::nullopt;
  return linear;
}

bool LinearLoop::take(llvm::Instruction& instruction) {
  if (const llvm::Value* pointer = llvm::getLoadStorePointerOperand(&instruction)) {
    return !instruction.isVolatile() &&
           take_address(instruction, evolution_->getSCEV(const_cast<llvm::Value*>(pointer)));
  }
  return !instruction.mayReadOrWriteMemory() && !instruction.mayThrow();
}

// Every access steps, or stays where it is: what jumps about is no better for this.
bool LinearLoop::take_address(llvm::Instruction& instruction, const llvm::SCEV* pointer) {
  if (evolution_->isLoopInvariant(pointer, loop_)) return true;
  const std::optional<Address> address = split(pointer, *loop_, *evolution_);
  if (!address) return llvm::isa<llvm::SCEVAddRecExpr>(pointer);
  const auto* step =
      llvm::dyn_cast<llvm::SCEVConstant>(address->index->getStepRecurrence(*evolution_));
  if (step == nullptr || std::abs(step->getAPInt().getSExtValue()) > kFarthest) return false;
  const llvm::SCEV* start = address->index->getStart();
  Access access = {.instruction = &instruction, .base = address->base};
  for (; access.stride < strides_.size(); ++access.stride) {
    Stride& stride = strides_[access.stride];
    const auto* apart =
        llvm::dyn_cast<llvm::SCEVConstant>(evolution_->getMinusSCEV(start, stride.start));
    if (apart == nullptr || stride.step != step->getAPInt().getSExtValue()) continue;
    access.delta = apart->getAPInt().getSExtValue();
    if (std::abs(access.delta) > kFarthest) continue;
    stride.least = std::min(stride.least, access.delta);
    stride.most = std::max(stride.most, access.delta);
    break;
  }
  if (access.stride == strides_.size()) {
    access.delta = 0;
    strides_.push_back({.start = start, .step = step->getAPInt().getSExtValue()});
  }
  accesses_.push_back(access);
  return strides_.size() <= kStrides;
}

bool LinearLoop::can_expand() {
  const llvm::Instruction* place = loop_->getLoopPreheader()->getTerminator();
  const Expander expander(*evolution_, *block_);
  const auto can = [&](const llvm::SCEV* value) { return expander.isSafeToExpandAt(value, place); };
  return can(end_.start) && can(end_.bound) &&
         llvm::all_of(strides_, [&](const Stride& stride) { return can(stride.start); }) &&
         llvm::all_of(accesses_, [&](const Access& access) { return can(access.base); });
}

void LinearLoop::transform(llvm::LoopInfo& loops, llvm::DominatorTree& tree) {
  llvm::formLCSSA(*loop_, tree, &loops, evolution_);
  make_slow_copy(wraps(loop_->getLoopPreheader()->getTerminator()), loops, tree);
  settle_exit_values();
  count_turns();
  rewrite_accesses();
  sweep();
  reroll();
}

// What counted modulo 2^32, and the addresses made of it.
void LinearLoop::sweep() {
  for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::reverse(*block_))) {
    if (llvm::isInstructionTriviallyDead(&instruction)) instruction.eraseFromParent();
  }
  llvm::DeleteDeadPHIs(block_);
}

// The loop ends where a counter that takes steps compares with something that stays.
bool LinearLoop::take_end() {
  const auto* branch = llvm::cast<llvm::BranchInst>(block_->getTerminator());
  const auto* compare = llvm::dyn_cast<llvm::ICmpInst>(branch->getCondition());
  if (compare == nullptr || !compare->getOperand(0)->getType()->isIntegerTy(32)) return false;
  end_.goes_on =
      branch->getSuccessor(0) == block_ ? compare->getPredicate() : compare->getInversePredicate();
  const llvm::SCEV* counter = evolution_->getSCEV(compare->getOperand(0));
  end_.bound = evolution_->getSCEV(compare->getOperand(1));
  if (evolution_->isLoopInvariant(counter, loop_)) {
    std::swap(counter, end_.bound);
    end_.goes_on = llvm::CmpInst::getSwappedPredicate(end_.goes_on);
  }
  const auto* steps = llvm::dyn_cast<llvm::SCEVAddRecExpr>(counter);
  if (steps == nullptr || steps->getLoop() != loop_ || !steps->isAffine() ||
      !evolution_->isLoopInvariant(end_.bound, loop_)) {
    return false;
  }
  end_.start = steps->getStart();
  const auto* step = llvm::dyn_cast<llvm::SCEVConstant>(steps->getStepRecurrence(*evolution_));
  if (step == nullptr || std::abs(step->getAPInt().getSExtValue()) > kFarthest) return false;
  end_.step = step->getAPInt().getSExtValue();
  if (end_.goes_on == llvm::CmpInst::ICMP_NE) return true;
  return llvm::CmpInst::isRelational(end_.goes_on) &&
         (llvm::ICmpInst::isLT(end_.goes_on) || llvm::ICmpInst::isLE(end_.goes_on)) ==
             (end_.step > 0);
}

// Sets last_; whether the counter would wrap before the end, so that last_ is wrong.
llvm::Value* LinearLoop::count_to_end(llvm::IRBuilder<>& builder, llvm::SCEVExpander& expander) {
  llvm::Instruction* before = &*builder.GetInsertPoint();
  llvm::Type* const i64 = builder.getInt64Ty();
  llvm::Value* start = expander.expandCodeFor(end_.start, builder.getInt32Ty(), before);
  llvm::Value* bound = expander.expandCodeFor(end_.bound, builder.getInt32Ty(), before);
  const bool up = end_.step > 0;
  llvm::Value* pace = builder.getInt64(static_cast<uint64_t>(std::abs(end_.step)));
  if (end_.goes_on == llvm::CmpInst::ICMP_NE) {
    llvm::Value* way = builder.CreateZExt(
        up ? builder.CreateSub(bound, start) : builder.CreateSub(start, bound), i64);
    last_ = builder.CreateUDiv(way, pace);
    return builder.CreateICmpNE(builder.CreateURem(way, pace), builder.getInt64(0));
  }
  const bool is_signed = llvm::CmpInst::isSigned(end_.goes_on);
  start = builder.CreateIntCast(start, i64, is_signed);
  bound = builder.CreateIntCast(bound, i64, is_signed);
  llvm::Value* way = up ? builder.CreateNSWSub(bound, start) : builder.CreateNSWSub(start, bound);
  // One more where the bound itself goes on; rounded up.
  const int64_t more =
      std::abs(end_.step) - (llvm::CmpInst::isStrictPredicate(end_.goes_on) ? 1 : 0);
  way = builder.CreateNSWAdd(way, builder.getInt64(more));
  way = builder.CreateBinaryIntrinsic(llvm::Intrinsic::smax, way, builder.getInt64(0));
  last_ = builder.CreateUDiv(way, pace);
  llvm::Value* end =
      builder.CreateNSWAdd(start, builder.CreateNSWMul(last_, builder.getInt64(end_.step)));
  if (up) {
    return builder.CreateICmpSGT(end,
                                 builder.getInt64(is_signed ? INT32_MAX : int64_t{UINT32_MAX}));
  }
  return builder.CreateICmpSLT(end, builder.getInt64(is_signed ? INT32_MIN : 0));
}

// Whether an address wraps in some turn, or the counter does.
llvm::Value* LinearLoop::wraps(llvm::Instruction* before) {
  Expander expander(*evolution_, *block_);
  llvm::IRBuilder<> builder(before);
  llvm::Type* const i32 = builder.getInt32Ty();
  llvm::Type* const i64 = builder.getInt64Ty();
  llvm::Value* wrong = count_to_end(builder, expander);
  for (Stride& stride : strides_) {
    stride.begin = builder.CreateZExt(expander.expandCodeFor(stride.start, i32, before), i64);
    llvm::Value* end = builder.CreateAdd(
        stride.begin, builder.CreateMul(last_, builder.getInt64(stride.step)), "", false, true);
    llvm::Value* highest = stride.step > 0 ? end : stride.begin;
    llvm::Value* lowest = stride.step > 0 ? stride.begin : end;
    wrong = builder.CreateOr(
        wrong, builder.CreateICmpSGT(highest, builder.getInt64(int64_t{UINT32_MAX} - stride.most)));
    if (stride.step < 0 || stride.least < 0) {
      wrong =
          builder.CreateOr(wrong, builder.CreateICmpSLT(lowest, builder.getInt64(-stride.least)));
    }
  }
  return wrong;
}

// The copy's accesses are volatile again: it need not be fast, and shall not be made large.
void LinearLoop::make_slow_copy(llvm::Value* condition, llvm::LoopInfo& loops,
                                llvm::DominatorTree& tree) {
  llvm::BasicBlock* check = loop_->getLoopPreheader();
  llvm::BasicBlock* exit = loop_->getExitBlock();
  llvm::BasicBlock* before =
      llvm::SplitBlock(check, check->getTerminator(), &tree, &loops, nullptr);
  llvm::ValueToValueMapTy copies;
  llvm::SmallVector<llvm::BasicBlock*, 2> blocks;
  llvm::Loop* slow =
      llvm::cloneLoopWithPreheader(before, check, loop_, copies, ".slow", &loops, &tree, blocks);
  llvm::remapInstructionsInBlocks(blocks, copies);
  llvm::Instruction* branch = check->getTerminator();
  llvm::MDBuilder metadata(check->getContext());
  llvm::BranchInst::Create(slow->getLoopPreheader(), before, condition, branch->getIterator())
      ->setMetadata(llvm::LLVMContext::MD_prof, metadata.createUnlikelyBranchWeights());
  branch->eraseFromParent();
  tree.changeImmediateDominator(exit, check);
  for (llvm::PHINode& phi : exit->phis()) {
    llvm::Value* value = phi.getIncomingValueForBlock(block_);
    llvm::Value* copy = copies.lookup(value);
    phi.addIncoming(copy != nullptr ? copy : value, slow->getHeader());
  }
  for (llvm::Instruction& instruction : *slow->getHeader()) {
    if (!IrModule::is_relaxable(instruction)) continue;
    if (auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction)) store->setVolatile(true);
    if (auto* load = llvm::dyn_cast<llvm::LoadInst>(&instruction)) load->setVolatile(true);
  }
}

// A counter of turns, and nothing else, ends the loop.
void LinearLoop::count_turns() {
  llvm::IRBuilder<> builder(block_, block_->begin());
  turn_ = builder.CreatePHI(builder.getInt64Ty(), 2);
  builder.SetInsertPoint(block_->getTerminator());
  llvm::Value* next = builder.CreateAdd(turn_, builder.getInt64(1), "", true, true);
  turn_->addIncoming(builder.getInt64(0), loop_->getLoopPreheader());
  turn_->addIncoming(next, block_);
  next_ = next;
  auto* branch = llvm::cast<llvm::BranchInst>(block_->getTerminator());
  const bool leaves = branch->getSuccessor(0) != block_;
  at_last_ = llvm::cast<llvm::ICmpInst>(leaves ? builder.CreateICmpEQ(turn_, last_)
                                               : builder.CreateICmpNE(turn_, last_));
  branch->setCondition(at_last_);
}

void LinearLoop::rewrite_accesses() {
  llvm::Instruction* before = loop_->getLoopPreheader()->getTerminator();
  Expander expander(*evolution_, *block_);
  for (Access& access : accesses_) {
    const Stride& stride = strides_[access.stride];
    llvm::IRBuilder<> builder(before);
    llvm::Value* base = expander.expandCodeFor(access.base, builder.getPtrTy(), before);
    llvm::Value* first = builder.CreateGEP(
        builder.getInt8Ty(), base,
        builder.CreateAdd(stride.begin, builder.getInt64(access.delta), "", false, true));
    builder.SetInsertPoint(access.instruction);
    access.way = llvm::BinaryOperator::CreateNSWMul(turn_, builder.getInt64(stride.step), "",
                                                    access.instruction->getIterator());
    access.address = builder.CreateGEP(builder.getInt8Ty(), first, access.way);
    access.instruction->setOperand(address_operand(*access.instruction), access.address);
  }
}

// What counts modulo 2^32 and is wanted afterwards is computed, not counted, so that nothing of it
// is left in the loop.
void LinearLoop::settle_exit_values() {
  Expander expander(*evolution_, *block_);
  llvm::Instruction* before = loop_->getLoopPreheader()->getTerminator();
  const llvm::SCEV* last = evolution_->getUnknown(last_);
  for (llvm::PHINode& phi : loop_->getExitBlock()->phis()) {
    const int edge = phi.getBasicBlockIndex(block_);
    llvm::Value* value = phi.getIncomingValue(edge);
    if (!value->getType()->isIntegerTy()) continue;
    const auto* count = llvm::dyn_cast<llvm::SCEVAddRecExpr>(evolution_->getSCEV(value));
    if (count == nullptr || count->getLoop() != loop_ || !count->isAffine()) continue;
    const llvm::SCEV* at_exit = count->evaluateAtIteration(
        evolution_->getTruncateOrNoop(last, value->getType()), *evolution_);
    if (!expander.isSafeToExpandAt(at_exit, before)) continue;
    phi.setIncomingValue(edge, expander.expandCodeFor(at_exit, value->getType(), before));
  }
}

// All that the loop does, but for counting and addresses.
llvm::SmallVector<llvm::Instruction*> LinearLoop::work() const {
  llvm::SmallPtrSet<const llvm::Value*, 16> apart = {next_, at_last_};
  for (const Access& access : accesses_) apart.insert({access.way, access.address});
  llvm::SmallVector<llvm::Instruction*> work;
  for (llvm::Instruction& instruction : *block_) {
    if (!llvm::isa<llvm::PHINode>(instruction) && !instruction.isTerminator() &&
        !apart.contains(&instruction)) {
      work.push_back(&instruction);
    }
  }
  return work;
}

void LinearLoop::reroll() {
  const llvm::SmallVector<llvm::Instruction*> work = this->work();
  if (work.size() > kLongestWork) return;
  const auto find = [this](const llvm::Instruction& instruction) {
    return llvm::find_if(accesses_,
                         [&](const Access& access) { return access.instruction == &instruction; });
  };
  const auto steps_along = [&](const llvm::Instruction& first, const llvm::Instruction& later,
                               size_t group, size_t times) {
    const Access* a = find(first);
    const Access* b = find(later);
    if (a == accesses_.end() || b == accesses_.end() || a->stride != b->stride) return false;
    const int64_t step = strides_[a->stride].step;
    const auto* apart =
        llvm::dyn_cast<llvm::SCEVConstant>(evolution_->getMinusSCEV(b->base, a->base));
    return apart != nullptr && step % static_cast<int64_t>(times) == 0 &&
           apart->getAPInt().getSExtValue() + b->delta - a->delta ==
               step / static_cast<int64_t>(times) * static_cast<int64_t>(group);
  };
  const size_t times = count_repetitions(work, *turn_, steps_along);
  if (times == 1) return;
  const llvm::ArrayRef<llvm::Instruction*> all = work;
  const llvm::SmallPtrSet<llvm::Instruction*, 16> kept(all.begin(),
                                                       all.begin() + all.size() / times);
  keep_first_repetition(work, times);
  llvm::IRBuilder<> builder(loop_->getLoopPreheader()->getTerminator());
  for (Access& access : accesses_) {
    if (!kept.contains(access.instruction)) {
      llvm::RecursivelyDeleteTriviallyDeadInstructions(access.address);
      continue;
    }
    const int64_t step = strides_[access.stride].step / static_cast<int64_t>(times);
    access.way->setOperand(1, builder.getInt64(step));
  }
  llvm::Value* turns = builder.CreateNUWMul(builder.CreateNUWAdd(last_, builder.getInt64(1)),
                                            builder.getInt64(times));
  last_ = builder.CreateNUWSub(turns, builder.getInt64(1));
  at_last_->setOperand(1, last_);
}

}  // namespace wasmedge::compile
