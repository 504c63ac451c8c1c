#include "runtime/compile/function_emitter.h"

#include <fmt/format.h>

namespace wasmedge::compile {

namespace {

// In dead code, an instruction does nothing...
struct Ignore {
#define WASM_OP(id, encoding, text, immediate, signature, feature) \
  void id(const wasm::immediate&) {}
#include "runtime/wasm/opcodes.def"
};

// ...but those that open and close blocks are counted, up to the one that ends the dead code.
class DeadCode : public Ignore {
 public:
  explicit DeadCode(FunctionEmitter& emitter) : emitter_(emitter) {}

  void block(const wasm::BlockImm&) { ++depth_; }
  void loop(const wasm::BlockImm&) { ++depth_; }
  void if_(const wasm::BlockImm&) { ++depth_; }
  void try_(const wasm::BlockImm&) { ++depth_; }
  void try_table(const wasm::TryTableImm&) { ++depth_; }
  void else_(const wasm::NoImm& imm) {
    if (depth_ == 0) emitter_.else_(imm);
  }
  void catch_(const wasm::TagImm& imm) {
    if (depth_ == 0) emitter_.catch_(imm);
  }
  void catch_all(const wasm::NoImm& imm) {
    if (depth_ == 0) emitter_.catch_all(imm);
  }
  void delegate(const wasm::LabelImm& imm) {
    if (depth_ == 0) {
      emitter_.delegate(imm);
    } else {
      --depth_;
    }
  }
  void end(const wasm::NoImm& imm) {
    if (depth_ == 0) {
      emitter_.end(imm);
    } else {
      --depth_;
    }
  }

 private:
  FunctionEmitter& emitter_;
  uint32_t depth_ = 0;  // of blocks that began in dead code
};

}  // namespace

FunctionEmitter::FunctionEmitter(IrModule& module, llvm::Function* function,
                                 const wasm::FuncType& type, uint32_t offset)
    : module_(module),
      function_(function),
      type_(type),
      debug_scope_(module.describe(function, offset)),
      entry_(llvm::BasicBlock::Create(module.context(), "", function)),
      builder_(llvm::BasicBlock::Create(module.context(), "", function)),
      first_block_(builder_.GetInsertBlock()),
      context_{function->getArg(0)},
      offset_(offset),
      memory_bases_(module.facts().module.memories.size()) {
  locals_.reserve(type.parameters.size());
  const Placement places = Placement::parameters(type, module.facts().target);
  unsigned next_argument = 1;
  for (size_t i = 0; i < type.parameters.size(); ++i) {
    llvm::Value* value = places[i] == Placement::kRegister
                             ? function->getArg(next_argument++)
                             : load_spilled(entry_, context_, places[i], type.parameters[i]);
    locals_.push_back(entry_.CreateAlloca(value->getType()));
    entry_.CreateStore(value, locals_.back());
  }
  push_control(ControlKind::kBlock, {}, type.results);
}

void FunctionEmitter::add_locals(uint32_t count, wasm::ValueType type) {
  llvm::Type* ir_type = module_.type(type);
  for (uint32_t i = 0; i < count; ++i) {
    locals_.push_back(entry_.CreateAlloca(ir_type));
    entry_.CreateStore(llvm::Constant::getNullValue(ir_type), locals_.back());
  }
}

void FunctionEmitter::emit(wasm::Reader& reader) {
  DeadCode dead(*this);
  while (!controls_.empty()) {
    offset_ = reader.offset();
    if (reachable_) ++line_cost_;
    const Result<>& read = reachable_ ? wasm::visit(reader, *this) : wasm::visit(reader, dead);
    if (!read) llvm::report_fatal_error("function body is not what validation saw");
  }
  end_line();
  entry_.CreateBr(first_block_);
}

llvm::Value* FunctionEmitter::pop() {
  const Operand top = stack_.back();
  stack_.pop_back();
  return top.ir;
}

void emit_function(IrModule& module, uint32_t index) {
  const wasm::Module& wasm = module.facts().module;
  const wasm::ByteRange body = wasm.functions[index].body;
  FunctionEmitter emitter(module, module.function(index), wasm.type_of(index), body.offset);
  wasm::Reader reader(wasm.bytes, body);
  const uint32_t groups = reader.u32();
  for (uint32_t i = 0; i < groups; ++i) {
    const uint32_t count = reader.u32();
    emitter.add_locals(count, wasm::read_value_type(reader));
  }
  if (module.facts().metered) emitter.meter();
  emitter.emit(reader);
}

// Never metered: the host evaluates them, where no trap is expected.
void emit_expression(IrModule& module, uint32_t index) {
  const wasm::ConstExpr& expression = *module.facts().expressions[index];
  const wasm::FuncType type{{}, {expression.type}};
  llvm::Function* function = module.define(fmt::format("c{}", index), module.function_type(type));
  FunctionEmitter emitter(module, function, type, expression.code.offset);
  wasm::Reader reader(module.facts().module.bytes, expression.code);
  emitter.emit(reader);
}

}  // namespace wasmedge::compile
