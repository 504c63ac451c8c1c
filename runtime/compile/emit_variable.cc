#include "runtime/compile/function_emitter.h"

namespace wasmedge::compile {

void FunctionEmitter::local_get(const wasm::LocalImm& imm) {
  llvm::AllocaInst* local = locals_[imm.local];
  push(builder_.CreateLoad(local->getAllocatedType(), local));
}

void FunctionEmitter::local_set(const wasm::LocalImm& imm) {
  builder_.CreateStore(pop(), locals_[imm.local]);
}

void FunctionEmitter::local_tee(const wasm::LocalImm& imm) {
  builder_.CreateStore(stack_.back().ir, locals_[imm.local]);
}

// Own globals live in the context, imported ones behind a pointer in it.
llvm::Value* FunctionEmitter::global_cell(uint32_t global) {
  const run::ContextLayout& layout = module_.facts().layout;
  if (module_.facts().module.globals[global].imported) {
    return from_context(module_.ptr(), layout.global_pointer(global));
  }
  return builder_.CreateConstInBoundsGEP1_32(module_.i8(), context_.ir, layout.global(global));
}

void FunctionEmitter::global_get(const wasm::GlobalImm& imm) {
  const wasm::GlobalType& type = module_.facts().module.globals[imm.global].type;
  llvm::LoadInst* load =
      builder_.CreateAlignedLoad(module_.type(type.value), global_cell(imm.global), llvm::Align(8));
  module_.reaches(load, Reach::kGlobal);
  push(load);
}

// Volatile: a store that a trap follows stays, since the host may look at the global afterwards.
void FunctionEmitter::global_set(const wasm::GlobalImm& imm) {
  llvm::Value* value = pop();
  module_.reaches(builder_.CreateAlignedStore(value, global_cell(imm.global), llvm::Align(8),
                                              /*isVolatile=*/true),
                  Reach::kGlobal);
}

}  // namespace wasmedge::compile
