#include <fmt/format.h>

#include "runtime/compile/ir_module.h"
#include "runtime/run/context.h"

namespace wasmedge::compile {
namespace {

llvm::Value* cell(IrModule& module, llvm::IRBuilder<>& builder, llvm::Value* values, size_t i) {
  return builder.CreateConstGEP1_64(module.i8(), values, i * sizeof(run::Value));
}

}  // namespace

void emit_entry_thunk(IrModule& module, uint32_t index) {
  const wasm::FuncType& type = module.facts().module.types[index];
  llvm::LLVMContext& context = module.context();
  llvm::Function* thunk =
      module.define(fmt::format("t{}", index),
                    llvm::FunctionType::get(llvm::Type::getVoidTy(context),
                                            {module.ptr(), module.ptr(), module.ptr()}, false));
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(context, "", thunk));
  llvm::Value* code = thunk->getArg(0);
  llvm::Value* values = thunk->getArg(2);

  const ContextPtr callee{thunk->getArg(1)};
  const auto load = [&](llvm::Value* from, const wasm::ValueType& value) {
    return builder.CreateAlignedLoad(module.type(value), from, llvm::Align(alignof(run::Value)));
  };
  const auto store = [&](llvm::Value* value, llvm::Value* to) {
    builder.CreateAlignedStore(value, to, llvm::Align(alignof(run::Value)));
  };
  const Placement parameters = Placement::parameters(type, module.facts().target);
  std::vector<llvm::Value*> arguments = {callee.ir};
  for (size_t i = 0; i < type.parameters.size(); ++i) {
    llvm::Value* value = load(cell(module, builder, values, i), type.parameters[i]);
    if (parameters[i] == Placement::kRegister) {
      arguments.push_back(value);
    } else {
      store(value, spill_cell(module, builder, callee, parameters[i]));
    }
  }
  llvm::CallBase* result = builder.CreateCall(module.function_type(index), code, arguments);
  module.extend_integers(result);
  const Placement results = Placement::results(type, module.facts().target);
  for (unsigned i = 0; i < type.results.size(); ++i) {
    llvm::Value* one = result;
    if (results[i] != Placement::kRegister) {
      one = load(spill_cell(module, builder, callee, results[i]), type.results[i]);
    } else if (type.results.size() > 1) {
      one = builder.CreateExtractValue(result, i);
    }
    store(one, cell(module, builder, values, i));
  }
  builder.CreateRetVoid();
}

}  // namespace wasmedge::compile
