#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/MDBuilder.h>

#include "runtime/compile/function_emitter.h"

namespace wasmedge::compile {

void FunctionEmitter::locate(llvm::Instruction* instruction) {
  instruction->setDebugLoc(llvm::DILocation::get(module_.context(), offset_, 0, debug_scope_));
}

// Each trap keeps an instruction of its own (nomerge), so that its address tells where it was.
void FunctionEmitter::trap(run::TrapCode code) {
  llvm::CallInst* call = builder_.CreateIntrinsic(llvm::Intrinsic::ubsantrap, {},
                                                  {builder_.getInt8(static_cast<uint8_t>(code))});
  call->addFnAttr(llvm::Attribute::NoMerge);
  locate(call);
  builder_.CreateUnreachable();
}

void FunctionEmitter::trap_if(llvm::Value* condition, run::TrapCode code) {
  llvm::BasicBlock* cold = new_block();
  llvm::BasicBlock* next = new_block();
  llvm::MDBuilder metadata(module_.context());
  builder_.CreateCondBr(condition, cold, next, metadata.createUnlikelyBranchWeights());
  begin(cold);
  trap(code);
  begin(next);
}

}  // namespace wasmedge::compile
