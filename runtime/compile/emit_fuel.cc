#include <llvm/IR/MDBuilder.h>

#include "runtime/compile/function_emitter.h"

// Fuel. Every instruction costs one; bulk operations also cost by size. A straight line of
// instructions pays for all of itself at its beginning, and whether that was too much is looked at
// where functions and the turns of loops begin: nothing goes on for long without passing there. So
// where the fuel ends depends on the module and the fuel only.
//
// What is left is in a local variable, and in Context::fuel while others run.
namespace wasmedge::compile {

void FunctionEmitter::meter() {
  fuel_cell_ = load_constant(entry_, module_.ptr(), context_.ir,
                             static_cast<uint32_t>(offsetof(run::Context, fuel)));
  fuel_ = entry_.CreateAlloca(module_.i64());
  load_fuel();
  begin_line();
  check_fuel();
}

void FunctionEmitter::load_fuel() {
  if (fuel_ == nullptr) return;
  llvm::LoadInst* left = builder_.CreateAlignedLoad(module_.i64(), fuel_cell_, llvm::Align(8));
  module_.reaches(left, Reach::kFuel);
  builder_.CreateStore(left, fuel_);
}

void FunctionEmitter::store_fuel() {
  if (fuel_ == nullptr) return;
  llvm::Value* left = builder_.CreateLoad(module_.i64(), fuel_);
  module_.reaches(builder_.CreateAlignedStore(left, fuel_cell_, llvm::Align(8)), Reach::kFuel);
}

// The cost is not known yet: it is put in when the next line begins.
void FunctionEmitter::begin_line() {
  if (fuel_ == nullptr) return;
  end_line();
  llvm::Value* left = builder_.CreateLoad(module_.i64(), fuel_);
  line_charge_ = builder_.Insert(llvm::BinaryOperator::CreateSub(left, u64(0)));
  builder_.CreateStore(line_charge_, fuel_);
}

void FunctionEmitter::end_line() {
  if (line_charge_ != nullptr) line_charge_->setOperand(1, u64(line_cost_));
  line_charge_ = nullptr;
  line_cost_ = 0;
}

void FunctionEmitter::check_fuel() {
  if (fuel_ == nullptr) return;
  llvm::Value* left = builder_.CreateLoad(module_.i64(), fuel_);
  llvm::BasicBlock* cold = new_block();
  llvm::BasicBlock* next = new_block();
  llvm::MDBuilder metadata(module_.context());
  builder_.CreateCondBr(builder_.CreateICmpSLT(left, u64(0)), cold, next,
                        metadata.createUnlikelyBranchWeights());
  begin(cold);
  store_fuel();
  trap(run::TrapCode::kOutOfFuel);
  begin(next);
}

// Of a bulk operation on `count` items, as many of which as 2^`rate_log2` cost one. Counts have 64
// bits, so that a rate of less than that keeps the sum within 64.
void FunctionEmitter::charge_bulk(llvm::Value* count, unsigned rate_log2) {
  if (fuel_ == nullptr) return;
  llvm::Value* left = builder_.CreateLoad(module_.i64(), fuel_);
  llvm::Value* cost = builder_.CreateLShr(as_u64(count), rate_log2);
  builder_.CreateStore(builder_.CreateSub(left, cost), fuel_);
  check_fuel();
}

}  // namespace wasmedge::compile
