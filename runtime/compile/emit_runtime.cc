#include "runtime/compile/function_emitter.h"

// What compiled code reads of the runtime's structures (run/context.h), and calls into it.
namespace wasmedge::compile {

llvm::Value* FunctionEmitter::u32(uint32_t value) {
  return builder_.getInt32(value);
}

llvm::Value* FunctionEmitter::u64(uint64_t value) {
  return builder_.getInt64(value);
}

llvm::Value* FunctionEmitter::as_u64(llvm::Value* value) {
  return builder_.CreateZExt(value, module_.i64());
}

llvm::Value* FunctionEmitter::as_address(llvm::Value* value, bool is64) {
  return is64 ? value : builder_.CreateTrunc(value, module_.i32());
}

// Something that never changes while code runs.
llvm::Value* FunctionEmitter::load_constant(llvm::IRBuilder<>& builder, llvm::Type* type,
                                            llvm::Value* base, uint32_t offset) {
  llvm::Value* place = builder.CreateConstInBoundsGEP1_32(module_.i8(), base, offset);
  llvm::LoadInst* load = builder.CreateAlignedLoad(type, place, llvm::Align(8));
  module_.reaches(load, Reach::kConstant);
  return load;
}

llvm::Value* FunctionEmitter::from_context(llvm::Type* type, uint32_t offset) {
  return load_constant(builder_, type, context_.ir, offset);
}

llvm::Value* FunctionEmitter::memory_base(uint32_t memory) {
  llvm::Value*& base = memory_bases_[memory];
  if (base == nullptr) {
    base = load_constant(entry_, module_.ptr(), context_.ir,
                         module_.facts().layout.memory_base(memory));
  }
  return base;
}

llvm::Value* FunctionEmitter::table_elements(uint32_t table) {
  llvm::Value* view = from_context(module_.ptr(), module_.facts().layout.table(table));
  return load_constant(builder_, module_.ptr(), view, offsetof(run::TableView, elements));
}

llvm::Value* FunctionEmitter::table_size(uint32_t table) {
  if (const auto fixed = module_.facts().fixed_table_size[table]) return u64(*fixed);
  llvm::Value* view = from_context(module_.ptr(), module_.facts().layout.table(table));
  llvm::Value* place =
      builder_.CreateConstInBoundsGEP1_32(module_.i8(), view, offsetof(run::TableView, size));
  llvm::LoadInst* size = builder_.CreateAlignedLoad(module_.i64(), place, llvm::Align(8));
  module_.reaches(size, Reach::kSize);
  return size;
}

// `offset` is the routine's in run::Builtins; `arguments` come after the context.
llvm::Value* FunctionEmitter::call_builtin(uint32_t offset, llvm::Type* result,
                                           std::initializer_list<llvm::Value*> arguments) {
  llvm::SmallVector<llvm::Value*, 8> all = {context_.ir};
  all.append(arguments);
  llvm::SmallVector<llvm::Type*, 8> types;
  for (llvm::Value* argument : all) types.push_back(argument->getType());
  llvm::Value* builtins = from_context(module_.ptr(), offsetof(run::Context, builtins));
  llvm::Value* routine = load_constant(builder_, module_.ptr(), builtins, offset);
  llvm::CallBase* call =
      builder_.CreateCall(llvm::FunctionType::get(result, types, false), routine, all);
  module_.extend_integers(call);
  locate(call);
  return call;
}

}  // namespace wasmedge::compile
