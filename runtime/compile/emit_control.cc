#include <llvm/IR/MDBuilder.h>

#include <algorithm>
#include <map>

#include "runtime/compile/function_emitter.h"

// Blocks, branches, returns. A block's label gets a phi for each value that branches take along;
// its LLVM block joins the function once it is begun.
namespace wasmedge::compile {

llvm::BasicBlock* FunctionEmitter::new_block() {
  return llvm::BasicBlock::Create(module_.context());
}

FunctionEmitter::Label FunctionEmitter::make_label(std::span<const wasm::ValueType> types) {
  Label label{.block = new_block(), .phis = {}};
  for (const wasm::ValueType& type : types) {
    label.phis.push_back(llvm::PHINode::Create(module_.type(type), 2, "", label.block));
  }
  return label;
}

std::pair<std::span<const wasm::ValueType>, std::span<const wasm::ValueType>>
FunctionEmitter::signature(const wasm::BlockType& type) {
  switch (type.kind) {
    case wasm::BlockType::Kind::kEmpty:
      return {};
    case wasm::BlockType::Kind::kValue:
      return {{}, std::span(&type.value, 1)};
    case wasm::BlockType::Kind::kIndex: {
      const wasm::FuncType& function = module_.facts().module.types[type.index];
      return {function.parameters, function.results};
    }
  }
  llvm_unreachable("every kind of block type has a signature");
}

FunctionEmitter::Control& FunctionEmitter::push_control(ControlKind kind,
                                                        std::span<const wasm::ValueType> parameters,
                                                        std::span<const wasm::ValueType> results) {
  Control& control = controls_.emplace_back();
  control.kind = kind;
  control.end = make_label(results);
  control.height = stack_.size() - parameters.size();
  return control;
}

// The values at the top of the stack, which stay there, become the label's by this edge.
void FunctionEmitter::take_along(Label& label) {
  const size_t first = stack_.size() - label.phis.size();
  for (size_t i = 0; i < label.phis.size(); ++i) {
    label.phis[i]->addIncoming(stack_[first + i].ir, builder_.GetInsertBlock());
  }
}

void FunctionEmitter::branch_to(Label& label) {
  take_along(label);
  builder_.CreateBr(label.block);
}

void FunctionEmitter::begin(llvm::BasicBlock* block) {
  block->insertInto(function_);
  builder_.SetInsertPoint(block);
}

void FunctionEmitter::set_unreachable() {
  reachable_ = false;
  stack_.resize(controls_.back().height);
}

void FunctionEmitter::block(const wasm::BlockImm& imm) {
  const auto [parameters, results] = signature(imm.type);
  push_control(ControlKind::kBlock, parameters, results);
}

void FunctionEmitter::loop(const wasm::BlockImm& imm) {
  const auto [parameters, results] = signature(imm.type);
  Control& control = push_control(ControlKind::kLoop, parameters, results);
  control.loop = make_label(parameters);
  branch_to(control.loop);
  begin(control.loop.block);
  stack_.resize(control.height);
  for (llvm::PHINode* phi : control.loop.phis) push(phi);
  begin_line();
  check_fuel();
}

// Of the branch being emitted, if the module hints at it.
llvm::MDNode* FunctionEmitter::hinted_weights() {
  const auto& hints = module_.facts().module.branch_hints;
  const auto found = std::ranges::lower_bound(hints, offset_, {}, &wasm::BranchHint::at);
  if (found == hints.end() || found->at != offset_) return nullptr;
  llvm::MDBuilder metadata(module_.context());
  return found->likely ? metadata.createLikelyBranchWeights()
                       : metadata.createUnlikelyBranchWeights();
}

void FunctionEmitter::if_(const wasm::BlockImm& imm) {
  llvm::Value* condition = builder_.CreateIsNotNull(pop());
  const auto [parameters, results] = signature(imm.type);
  Control& control = push_control(ControlKind::kIf, parameters, results);
  control.parameters.append(stack_.begin() + static_cast<std::ptrdiff_t>(control.height),
                            stack_.end());
  control.else_block = new_block();
  llvm::BasicBlock* then_block = new_block();
  builder_.CreateCondBr(condition, then_block, control.else_block, hinted_weights());
  begin(then_block);
  begin_line();
}

void FunctionEmitter::else_(const wasm::NoImm&) {
  Control& control = controls_.back();
  if (reachable_) branch_to(control.end);
  begin(control.else_block);
  control.kind = ControlKind::kElse;
  stack_.resize(control.height);
  for (const Operand& parameter : control.parameters) stack_.push_back(parameter);
  reachable_ = true;
  begin_line();
}

void FunctionEmitter::end(const wasm::NoImm& imm) {
  if (controls_.back().kind == ControlKind::kIf) else_(imm);
  end_try();
  leave_block();
}

void FunctionEmitter::leave_block() {
  Control control = std::move(controls_.back());
  controls_.pop_back();
  leave(control);
  if (controls_.empty() && reachable_) emit_return();
}

// Goes on behind the block: where its label is if a branch goes there, else straight on.
void FunctionEmitter::leave(Control& control) {
  if (control.end.block->use_empty()) {
    delete control.end.block;
    if (!reachable_) stack_.resize(control.height);
    return;
  }
  if (reachable_) branch_to(control.end);
  begin(control.end.block);
  stack_.resize(control.height);
  for (llvm::PHINode* phi : control.end.phis) push(phi);
  reachable_ = true;
  begin_line();
}

// The function's results are on the stack.
void FunctionEmitter::emit_return() {
  store_fuel();
  const size_t count = type_.results.size();
  const size_t first = stack_.size() - count;
  if (count == 1) {
    builder_.CreateRet(pop());
    return;
  }
  const Placement places = Placement::results(type_, module_.facts().target);
  if (count == 0 || places.uses_cells()) {
    for (size_t i = 0; i < count; ++i) store_spilled(context_, places[i], stack_[first + i].ir);
    builder_.CreateRetVoid();
    return;
  }
  llvm::Value* results = llvm::PoisonValue::get(function_->getReturnType());
  for (unsigned i = 0; i < count; ++i) {
    results = builder_.CreateInsertValue(results, stack_[first + i].ir, i);
  }
  builder_.CreateRet(results);
}

void FunctionEmitter::br(const wasm::LabelImm& imm) {
  branch_to(label_at(imm.depth).target());
  set_unreachable();
}

void FunctionEmitter::br_if(const wasm::LabelImm& imm) {
  llvm::Value* condition = builder_.CreateIsNotNull(pop());
  branch_if(condition, label_at(imm.depth).target());
}

void FunctionEmitter::branch_if(llvm::Value* condition, Label& label) {
  take_along(label);
  llvm::BasicBlock* next = new_block();
  builder_.CreateCondBr(condition, label.block, next, hinted_weights());
  begin(next);
  begin_line();
}

void FunctionEmitter::br_on_null(const wasm::LabelImm& imm) {
  llvm::Value* reference = pop();
  branch_if(builder_.CreateIsNull(reference), label_at(imm.depth).target());
  push(reference);
}

void FunctionEmitter::br_on_non_null(const wasm::LabelImm& imm) {
  branch_if(builder_.CreateIsNotNull(stack_.back().ir), label_at(imm.depth).target());
  pop();
}

// A label that takes values gets one edge, from a block in between, however many targets name it.
void FunctionEmitter::br_table(const wasm::BrTableImm& imm) {
  llvm::Value* index = pop();
  llvm::BasicBlock* from = builder_.GetInsertBlock();
  std::map<uint32_t, llvm::BasicBlock*> between;
  const auto edge_to = [&](uint32_t depth) {
    Label& label = label_at(depth).target();
    if (label.phis.empty()) return label.block;
    llvm::BasicBlock*& block = between[depth];
    if (block == nullptr) {
      block = new_block();
      begin(block);
      branch_to(label);
    }
    return block;
  };
  llvm::BasicBlock* default_block = edge_to(imm.default_target);
  builder_.SetInsertPoint(from);
  llvm::SwitchInst* table =
      builder_.CreateSwitch(index, default_block, static_cast<unsigned>(imm.targets.size()));
  for (uint32_t i = 0; i < imm.targets.size(); ++i) {
    if (imm.targets[i] == imm.default_target) continue;
    table->addCase(builder_.getInt32(i), edge_to(imm.targets[i]));
  }
  set_unreachable();
}

void FunctionEmitter::return_(const wasm::NoImm&) {
  emit_return();
  set_unreachable();
}

void FunctionEmitter::unreachable(const wasm::NoImm&) {
  trap(run::TrapCode::kUnreachable);
  set_unreachable();
}

void FunctionEmitter::nop(const wasm::NoImm&) {}

void FunctionEmitter::drop(const wasm::NoImm&) {
  pop();
}

void FunctionEmitter::select(const wasm::NoImm&) {
  llvm::Value* condition = builder_.CreateIsNotNull(pop());
  llvm::Value* otherwise = pop();
  llvm::Value* then = pop();
  push(builder_.CreateSelect(condition, then, otherwise));
}

void FunctionEmitter::select_t(const wasm::SelectImm&) {
  select({});
}

}  // namespace wasmedge::compile
