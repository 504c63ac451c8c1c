#include "runtime/compile/function_emitter.h"

namespace wasmedge::compile {

llvm::Value* FunctionEmitter::load_spilled(llvm::IRBuilder<>& builder, ContextPtr context,
                                           uint32_t cell, wasm::ValueType type) {
  llvm::LoadInst* load =
      builder.CreateAlignedLoad(module_.type(type), spill_cell(module_, builder, context, cell),
                                llvm::Align(alignof(run::Value)));
  module_.reaches(load, Reach::kSpill);
  return load;
}

void FunctionEmitter::store_spilled(ContextPtr context, uint32_t cell, llvm::Value* value) {
  module_.reaches(builder_.CreateAlignedStore(value, spill_cell(module_, builder_, context, cell),
                                              llvm::Align(alignof(run::Value))),
                  Reach::kSpill);
}

// Takes the arguments from the stack; those in registers are the answer.
llvm::SmallVector<llvm::Value*, 8> FunctionEmitter::pass_arguments(const Callee& callee) {
  const wasm::FuncType& type = module_.facts().module.types[callee.type];
  const Placement places = Placement::parameters(type, module_.facts().target);
  const size_t first = stack_.size() - type.parameters.size();
  llvm::SmallVector<llvm::Value*, 8> arguments = {callee.context.ir};
  for (size_t i = 0; i < type.parameters.size(); ++i) {
    llvm::Value* value = stack_[first + i].ir;
    if (places[i] == Placement::kRegister) {
      arguments.push_back(value);
    } else {
      store_spilled(callee.context, places[i], value);
    }
  }
  stack_.resize(first);
  return arguments;
}

void FunctionEmitter::push_results(llvm::Value* call, const Callee& callee) {
  const wasm::FuncType& type = module_.facts().module.types[callee.type];
  const Placement places = Placement::results(type, module_.facts().target);
  if (type.results.size() == 1) return push(call);
  for (size_t i = 0; i < type.results.size(); ++i) {
    push(places[i] == Placement::kRegister
             ? builder_.CreateExtractValue(call, static_cast<unsigned>(i))
             : load_spilled(builder_, callee.context, places[i], type.results[i]));
  }
}

void FunctionEmitter::emit_call(const Callee& callee) {
  llvm::FunctionType* type = module_.function_type(callee.type);
  const auto arguments = pass_arguments(callee);
  store_fuel();
  if (tries_.empty()) {
    llvm::CallBase* call = builder_.CreateCall(type, callee.code, arguments);
    module_.extend_integers(call);
    locate(call);
    load_fuel();
    return push_results(call, callee);
  }
  llvm::BasicBlock* next = new_block();
  llvm::CallBase* invoke = builder_.CreateInvoke(type, callee.code, next, landing_pad(), arguments);
  module_.extend_integers(invoke);
  locate(invoke);
  begin(next);
  load_fuel();
  push_results(invoke, callee);
}

// All that the callee takes is in registers or cells, and its results are where the caller's go: it
// is a jump. (LLVM's verifier would want equal prototypes, since it thinks of arguments on the
// stack.)
void FunctionEmitter::emit_tail_call(const Callee& callee) {
  const auto arguments = pass_arguments(callee);
  store_fuel();
  llvm::CallInst* call =
      builder_.CreateCall(module_.function_type(callee.type), callee.code, arguments);
  module_.extend_integers<llvm::CallBase>(call);
  locate(call);
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  if (call->getType()->isVoidTy()) {
    builder_.CreateRetVoid();
  } else {
    builder_.CreateRet(call);
  }
  set_unreachable();
}

#define EMIT_CALL(id, Imm, emit)                   \
  void FunctionEmitter::id(const wasm::Imm& imm) { \
    emit(callee(imm));                             \
  }
EMIT_CALL(call, FuncImm, emit_call)
EMIT_CALL(call_indirect, CallIndirectImm, emit_call)
EMIT_CALL(call_ref, TypeImm, emit_call)
EMIT_CALL(return_call, FuncImm, emit_tail_call)
EMIT_CALL(return_call_indirect, CallIndirectImm, emit_tail_call)
EMIT_CALL(return_call_ref, TypeImm, emit_tail_call)
#undef EMIT_CALL

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
