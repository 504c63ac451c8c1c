#include "runtime/compile/function_emitter.h"

namespace wasmedge::compile {

// Arguments are on the stack; results take their place.
void FunctionEmitter::emit_call(const Callee& callee) {
  const wasm::FuncType& type = module_.facts().module.types[callee.type];
  const size_t count = type.parameters.size();
  llvm::SmallVector<llvm::Value*, 8> arguments = {callee.context.ir};
  for (size_t i = stack_.size() - count; i < stack_.size(); ++i) arguments.push_back(stack_[i].ir);
  stack_.resize(stack_.size() - count);
  llvm::CallInst* call =
      builder_.CreateCall(module_.function_type(callee.type), callee.code, arguments);
  call->setDoesNotThrow();
  locate(call);
  if (!type.results.empty()) push_results(call, type.results.size());
}

void FunctionEmitter::call(const wasm::FuncImm& imm) {
  emit_call(callee(imm));
}

void FunctionEmitter::call_indirect(const wasm::CallIndirectImm& imm) {
  emit_call(callee(imm));
}

void FunctionEmitter::call_ref(const wasm::TypeImm& imm) {
  emit_call(callee(imm));
}

FunctionEmitter::Callee FunctionEmitter::callee(const wasm::FuncImm& imm) {
  const wasm::Function& target = module_.facts().module.functions[imm.function];
  if (!target.imported) return {target.type, module_.function(imm.function), context_};
  const uint32_t reference = module_.facts().layout.import(imm.function);
  llvm::Value* code =
      from_context(module_.ptr(), reference + static_cast<uint32_t>(offsetof(run::FuncRef, code)));
  const ContextPtr context{from_context(
      module_.ptr(), reference + static_cast<uint32_t>(offsetof(run::FuncRef, context)))};
  return {target.type, code, context};
}

FunctionEmitter::Callee FunctionEmitter::callee(const wasm::CallIndirectImm& imm) {
  llvm::Value* place = element(imm.table, pop(), run::TrapCode::kUndefinedElement);
  llvm::LoadInst* loaded = builder_.CreateAlignedLoad(module_.ptr(), place, llvm::Align(8));
  module_.reaches(loaded, Reach::kTable);
  trap_if(builder_.CreateIsNull(loaded), run::TrapCode::kUninitializedElement);
  const FuncRefPtr reference{loaded};
  check_type(reference, imm.type);
  return callee(imm.type, reference);
}

FunctionEmitter::Callee FunctionEmitter::callee(const wasm::TypeImm& imm) {
  const FuncRefPtr reference{pop()};
  trap_if(builder_.CreateIsNull(reference.ir), run::TrapCode::kNullFunctionReference);
  return callee(imm.type, reference);
}

FunctionEmitter::Callee FunctionEmitter::callee(uint32_t type, FuncRefPtr reference) {
  llvm::Value* code = field(reference, module_.ptr(), offsetof(run::FuncRef, code));
  return {type, code, {field(reference, module_.ptr(), offsetof(run::FuncRef, context))}};
}

llvm::Value* FunctionEmitter::field(FuncRefPtr reference, llvm::Type* type, size_t offset) {
  return load_constant(builder_, type, reference.ir, static_cast<uint32_t>(offset));
}

// Types are compared by number. Only one that is not final has others below it, which the runtime
// knows.
void FunctionEmitter::check_type(FuncRefPtr reference, uint32_t type) {
  llvm::Value* actual = field(reference, module_.i64(), offsetof(run::FuncRef, type));
  llvm::Value* expected = from_context(module_.i64(), module_.facts().layout.type(type));
  llvm::Value* differ = builder_.CreateICmpNE(actual, expected);
  if (module_.facts().module.type_declarations[type].is_final) {
    return trap_if(differ, run::TrapCode::kIndirectCallType);
  }
  llvm::BasicBlock* others = new_block();
  llvm::BasicBlock* next = new_block();
  builder_.CreateCondBr(differ, others, next);
  begin(others);
  llvm::Value* below =
      call_builtin(offsetof(run::Builtins, is_subtype), module_.i32(), {actual, expected});
  trap_if(builder_.CreateIsNull(below), run::TrapCode::kIndirectCallType);
  builder_.CreateBr(next);
  begin(next);
}

}  // namespace wasmedge::compile
