#include "runtime/compile/function_emitter.h"

namespace wasmedge::compile {

// Arguments are on the stack; results take their place.
void FunctionEmitter::emit_call(const wasm::FuncType& type, llvm::FunctionType* ir_type,
                                llvm::Value* callee, ContextPtr context) {
  const size_t count = type.parameters.size();
  llvm::SmallVector<llvm::Value*, 8> arguments = {context.ir};
  for (size_t i = stack_.size() - count; i < stack_.size(); ++i) arguments.push_back(stack_[i].ir);
  stack_.resize(stack_.size() - count);
  llvm::CallInst* call = builder_.CreateCall(ir_type, callee, arguments);
  call->setDoesNotThrow();
  locate(call);
  if (!type.results.empty()) push_results(call, type.results.size());
}

void FunctionEmitter::call(const wasm::FuncImm& imm) {
  const wasm::Module& wasm = module_.facts().module;
  const wasm::Function& target = wasm.functions[imm.function];
  llvm::FunctionType* ir_type = module_.function_type(target.type);
  if (!target.imported) {
    emit_call(wasm.types[target.type], ir_type, module_.function(imm.function), context_);
    return;
  }
  const uint32_t reference = module_.facts().layout.import(imm.function);
  llvm::Value* code =
      from_context(module_.ptr(), reference + static_cast<uint32_t>(offsetof(run::FuncRef, code)));
  const ContextPtr context{from_context(
      module_.ptr(), reference + static_cast<uint32_t>(offsetof(run::FuncRef, context)))};
  emit_call(wasm.types[target.type], ir_type, code, context);
}

void FunctionEmitter::call_indirect(const wasm::CallIndirectImm& imm) {
  llvm::Value* place = element(imm.table, pop(), run::TrapCode::kUndefinedElement);
  llvm::LoadInst* loaded = builder_.CreateAlignedLoad(module_.ptr(), place, llvm::Align(8));
  module_.reaches(loaded, Reach::kTable);
  trap_if(builder_.CreateIsNull(loaded), run::TrapCode::kUninitializedElement);

  const FuncRefPtr reference{loaded};
  const auto field = [&](llvm::Type* type, size_t offset) {
    return load_constant(builder_, type, reference.ir, static_cast<uint32_t>(offset));
  };
  llvm::Value* actual = field(module_.i64(), offsetof(run::FuncRef, type));
  llvm::Value* expected = from_context(module_.i64(), module_.facts().layout.type(imm.type));
  trap_if(builder_.CreateICmpNE(actual, expected), run::TrapCode::kIndirectCallType);

  llvm::Value* code = field(module_.ptr(), offsetof(run::FuncRef, code));
  const ContextPtr context{field(module_.ptr(), offsetof(run::FuncRef, context))};
  emit_call(module_.facts().module.types[imm.type], module_.function_type(imm.type), code, context);
}

}  // namespace wasmedge::compile
