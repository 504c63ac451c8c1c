#include "runtime/compile/ir_module.h"

#include <fmt/format.h>
#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/MDBuilder.h>

#include "runtime/run/convention.h"

namespace wasmedge::compile {
namespace {
constexpr llvm::StringLiteral kRelaxable = "wasm.relaxable";
}

IrModule::IrModule(const Facts& facts, const llvm::TargetMachine& machine)
    : facts_(facts),
      machine_(machine),
      vectors_(machine),
      ir_("wasm", context_),
      debug_(ir_),
      function_types_(facts.module.types.size()) {
  context_.setDiscardValueNames(true);
  ir_.setTargetTriple(machine.getTargetTriple().str());
  ir_.setDataLayout(machine.createDataLayout());
  ir_.setPICLevel(llvm::PICLevel::BigPIC);
  ir_.addModuleFlag(llvm::Module::Warning, "Debug Info Version", llvm::DEBUG_METADATA_VERSION);
  ir_.addModuleFlag(llvm::Module::Max, "Dwarf Version", 4);

  file_ = debug_.createFile("wasm", "");
  debug_.createCompileUnit(llvm::dwarf::DW_LANG_C, file_, "", /*isOptimized=*/true, "", 0, "",
                           llvm::DICompileUnit::LineTablesOnly);
  debug_type_ = debug_.createSubroutineType(debug_.getOrCreateTypeArray({}));

  llvm::MDBuilder metadata(context_);
  llvm::MDNode* root = metadata.createTBAARoot("wasm");
  for (const char* name : {"memory", "global", "table", "size", "constant", "spill", "fuel"}) {
    llvm::MDNode* scalar = metadata.createTBAAScalarTypeNode(name, root);
    tags_.push_back(metadata.createTBAAStructTagNode(scalar, scalar, 0));
  }
  nothing_ = llvm::MDNode::get(context_, {});
}

llvm::Type* IrModule::type(wasm::ValueType type) {
  switch (type.kind) {
    case wasm::ValueKind::kI32:
      return i32();
    case wasm::ValueKind::kI64:
      return i64();
    case wasm::ValueKind::kF32:
      return llvm::Type::getFloatTy(context_);
    case wasm::ValueKind::kF64:
      return llvm::Type::getDoubleTy(context_);
    case wasm::ValueKind::kV128:
      return lanes(Shape::i64x2);
    case wasm::ValueKind::kRef:
      return ptr();
  }
  llvm_unreachable("every kind of value has a type");
}

llvm::FixedVectorType* IrModule::lanes(Shape shape) {
  switch (shape) {
    case Shape::i8x16:
      return llvm::FixedVectorType::get(i8(), 16);
    case Shape::i16x8:
      return llvm::FixedVectorType::get(llvm::Type::getInt16Ty(context_), 8);
    case Shape::i32x4:
      return llvm::FixedVectorType::get(i32(), 4);
    case Shape::i64x2:
      return llvm::FixedVectorType::get(i64(), 2);
    case Shape::f32x4:
      return llvm::FixedVectorType::get(llvm::Type::getFloatTy(context_), 4);
    case Shape::f64x2:
      return llvm::FixedVectorType::get(llvm::Type::getDoubleTy(context_), 2);
  }
  llvm_unreachable("every shape has a type");
}

bool Placement::Room::take(const wasm::ValueType& value) {
  const bool is_integer =
      value.kind == wasm::ValueKind::kI32 || value.kind == wasm::ValueKind::kI64 || value.is_ref();
  uint32_t& left = is_integer ? integers : others;
  if (left == 0 || all == 0 || (value.kind == wasm::ValueKind::kV128 && !has_vectors)) return false;
  --left;
  --all;
  return true;
}

Placement::Placement(const std::vector<wasm::ValueType>& values, Room room) {
  cells_.reserve(values.size());
  for (const wasm::ValueType& value : values) {
    cells_.push_back(room.take(value) ? kRegister : used_++);
  }
}

Placement Placement::parameters(const wasm::FuncType& type, Architecture target) {
  const run::CallRegisters registers = run::call_registers(target);
  return {type.parameters,
          {.integers = registers.integers - 1,
           .others = registers.floats,
           .all = registers.integers - 1 + registers.floats,
           .has_vectors = registers.has_vectors}};
}

Placement Placement::results(const wasm::FuncType& type, Architecture target) {
  const run::CallRegisters registers = run::call_registers(target);
  const Placement some(type.results,
                       {.integers = run::kIntegerResults,
                        .others = run::kFloatResults,
                        .all = registers.results,
                        .has_vectors = registers.has_vectors || type.results.size() == 1});
  return some.uses_cells() ? Placement(type.results, Room()) : some;
}

llvm::Value* spill_cell(IrModule& module, llvm::IRBuilder<>& builder, ContextPtr context,
                        size_t i) {
  llvm::Value* place =
      builder.CreateConstInBoundsGEP1_32(module.i8(), context.ir, offsetof(run::Context, spill));
  llvm::LoadInst* spill = builder.CreateAlignedLoad(module.ptr(), place, llvm::Align(8));
  module.reaches(spill, Reach::kConstant);
  return builder.CreateConstInBoundsGEP1_64(module.i8(), spill, i * sizeof(run::Value));
}

llvm::FunctionType* IrModule::function_type(const wasm::FuncType& type) {
  const auto in_registers = [this](const std::vector<wasm::ValueType>& values,
                                   const Placement& placement, std::vector<llvm::Type*>& into) {
    for (size_t i = 0; i < values.size(); ++i) {
      if (placement[i] == Placement::kRegister) into.push_back(this->type(values[i]));
    }
  };
  std::vector<llvm::Type*> parameters = {ptr()};
  in_registers(type.parameters, Placement::parameters(type, facts_.target), parameters);
  std::vector<llvm::Type*> results;
  in_registers(type.results, Placement::results(type, facts_.target), results);
  llvm::Type* result = results.empty()       ? llvm::Type::getVoidTy(context_)
                       : results.size() == 1 ? results[0]
                                             : llvm::StructType::get(context_, results);
  return llvm::FunctionType::get(result, parameters, false);
}

llvm::FunctionType* IrModule::function_type(uint32_t type) {
  llvm::FunctionType*& made = function_types_[type];
  if (made == nullptr) made = function_type(facts_.module.types[type]);
  return made;
}

llvm::Function* IrModule::function(uint32_t index) {
  const std::string name = fmt::format("f{}", index);
  if (llvm::Function* known = ir_.getFunction(name)) return known;
  return define(name, function_type(facts_.module.functions[index].type));
}

llvm::Function* IrModule::define(const std::string& name, llvm::FunctionType* type) {
  llvm::Function* function =
      llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage, name, ir_);
  function->setVisibility(llvm::GlobalValue::HiddenVisibility);
  function->setDSOLocal(true);
  set_attributes(function);
  return function;
}

// riscv64 keeps them sign-extended, in C; what compiled code passes itself need not be.
template <typename FunctionOrCall>
void IrModule::extend_integers(FunctionOrCall* of) {
  if (facts_.target != Architecture::kRiscv64) return;
  llvm::FunctionType* type = of->getFunctionType();
  if (type->getReturnType()->isIntegerTy(32)) of->addRetAttr(llvm::Attribute::SExt);
  for (unsigned i = 0; i < type->getNumParams(); ++i) {
    if (type->getParamType(i)->isIntegerTy(32)) of->addParamAttr(i, llvm::Attribute::SExt);
  }
}
template void IrModule::extend_integers(llvm::Function*);
template void IrModule::extend_integers(llvm::CallBase*);

llvm::Function* IrModule::personality() {
  constexpr const char* kName = "personality";
  if (llvm::Function* known = ir_.getFunction(kName)) return known;
  return llvm::Function::Create(llvm::FunctionType::get(i32(), /*isVarArg=*/true),
                                llvm::GlobalValue::ExternalLinkage, kName, ir_);
}

// No mustprogress (infinite loops stay), no library calls. Exceptions may pass any function. Frames
// larger than a page touch every page, so that the stack's guard cannot be stepped over.
void IrModule::set_attributes(llvm::Function* function) {
  llvm::AttrBuilder attributes(context_);
  attributes.addUWTableAttr(llvm::UWTableKind::Sync);
  attributes.addAttribute(llvm::Attribute::NoBuiltin);
  attributes.addAttribute("no-builtins");
  attributes.addAttribute("probe-stack", "inline-asm");
  attributes.addAttribute("target-cpu", machine_.getTargetCPU());
  attributes.addAttribute("target-features", machine_.getTargetFeatureString());
  function->addFnAttrs(attributes);
  extend_integers(function);
  for (unsigned i = 0; i < function->arg_size(); ++i) {
    function->addParamAttr(i, llvm::Attribute::NoUndef);
  }
}

llvm::DISubprogram* IrModule::describe(llvm::Function* function, uint32_t offset) {
  llvm::DISubprogram* program =
      debug_.createFunction(file_, "", function->getName(), file_, offset, debug_type_, offset,
                            llvm::DINode::FlagZero, llvm::DISubprogram::SPFlagDefinition);
  function->setSubprogram(program);
  return program;
}

void IrModule::reaches(llvm::Instruction* access, Reach reach) {
  access->setMetadata(llvm::LLVMContext::MD_tbaa, tags_[static_cast<size_t>(reach)]);
  if (reach == Reach::kConstant && llvm::isa<llvm::LoadInst>(access)) {
    access->setMetadata(llvm::LLVMContext::MD_invariant_load, nothing_);
  }
}

void IrModule::make_relaxable(llvm::Instruction* access) {
  access->setMetadata(kRelaxable, nothing_);
}

bool IrModule::is_relaxable(const llvm::Instruction& instruction) {
  return instruction.hasMetadata(kRelaxable);
}

}  // namespace wasmedge::compile
