#include <fmt/format.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/MDBuilder.h>

#include "runtime/compile/function_emitter.h"

namespace wasmedge::compile {

void FunctionEmitter::locate(llvm::Instruction* instruction) {
  instruction->setDebugLoc(llvm::DILocation::get(module_.context(), offset_, 0, debug_scope_));
}

// An instruction that raises a signal and carries the code: run/machine_<arch>.h reads it. LLVM has
// one that does, but for riscv64.
llvm::CallInst* FunctionEmitter::trap_instruction(run::TrapCode code) {
  const auto number = static_cast<uint8_t>(code);
  if (module_.facts().target == Architecture::kRiscv64) {
    const std::string write_cycle =
        fmt::format(".insn i 0x73, 1, x0, x{}, -1024", number);  // `csrrw x0, cycle, x<code>`
    return builder_.CreateCall(llvm::InlineAsm::get(
        llvm::FunctionType::get(builder_.getVoidTy(), false), write_cycle, "", true));
  }
  return builder_.CreateIntrinsic(llvm::Intrinsic::ubsantrap, {}, {builder_.getInt8(number)});
}

// Each trap keeps an instruction of its own (nomerge), so that its address tells where it was.
void FunctionEmitter::trap(run::TrapCode code) {
  llvm::CallInst* call = trap_instruction(code);
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
