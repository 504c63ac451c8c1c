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

  std::vector<llvm::Value*> arguments = {thunk->getArg(1)};
  arguments.reserve(type.parameters.size() + 1);
  for (size_t i = 0; i < type.parameters.size(); ++i) {
    arguments.push_back(builder.CreateAlignedLoad(module.type(type.parameters[i]),
                                                  cell(module, builder, values, i),
                                                  llvm::Align(alignof(run::Value))));
  }
  llvm::Value* result = builder.CreateCall(module.function_type(index), code, arguments);
  for (unsigned i = 0; i < type.results.size(); ++i) {
    llvm::Value* one = type.results.size() == 1 ? result : builder.CreateExtractValue(result, i);
    builder.CreateAlignedStore(one, cell(module, builder, values, i),
                               llvm::Align(alignof(run::Value)));
  }
  builder.CreateRetVoid();
}

}  // namespace wasmedge::compile
