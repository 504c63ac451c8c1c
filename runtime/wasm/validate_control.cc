#include "runtime/wasm/function_validator.h"

namespace wasmedge::wasm {

void FunctionValidator::unreachable(const NoImm&) {
  set_unreachable();
}

void FunctionValidator::begin_block(Op op, const BlockType& type) {
  if (!check_block(type)) return;
  pop(parameters(type));
  push_frame(op, type);
  push(parameters(type));
}

void FunctionValidator::block(const BlockImm& imm) {
  begin_block(Op::block, imm.type);
}

void FunctionValidator::loop(const BlockImm& imm) {
  begin_block(Op::loop, imm.type);
}

void FunctionValidator::if_(const BlockImm& imm) {
  pop(kI32);
  begin_block(Op::if_, imm.type);
}

void FunctionValidator::else_(const NoImm&) {
  if (frames_.back().op != Op::if_) {
    return reader_->malformed(at_, "else without an if");
  }
  const Frame frame = pop_frame();
  push_frame(Op::else_, frame.type);
  push(parameters(frame.type));
}

void FunctionValidator::end(const NoImm&) {
  const Frame frame = pop_frame();
  if (frame.op == Op::if_ && !matches(parameters(frame.type), results(frame.type))) {
    invalid("type mismatch: an if without else must give what it takes");
    return;
  }
  if (!frames_.empty()) push(results(frame.type));
}

void FunctionValidator::br(const LabelImm& imm) {
  if (const Frame* target = label(imm.depth)) pop(label_types(*target));
  set_unreachable();
}

void FunctionValidator::br_if(const LabelImm& imm) {
  pop(kI32);
  const Frame* target = label(imm.depth);
  if (target == nullptr) return;
  pop(label_types(*target));
  push(label_types(*target));
}

void FunctionValidator::br_table(const BrTableImm& imm) {
  pop(kI32);
  const Frame* last = label(imm.default_target);
  if (last == nullptr) return;
  const auto expected = label_types(*last);
  for (const uint32_t depth : imm.targets) {
    Frame* target = label(depth);
    if (target == nullptr) return;
    if (target->last_br_table == at_) continue;
    target->last_br_table = at_;
    const auto types = label_types(*target);
    if (types.size() != expected.size()) {
      invalid("type mismatch: br_table targets take {} and {} values", types.size(),
              expected.size());
      return;
    }
    // Each target's types are compared with what is there, which stays as it is: in unreachable
    // code targets may differ.
    const size_t depth_there = operands_.size() - frames_.back().height;
    for (size_t i = 0; i < types.size() && i < depth_there; ++i) {
      const Operand found = operands_[operands_.size() - 1 - i];
      const Operand wanted = types[types.size() - 1 - i];
      if (!matches(found, wanted)) return mismatch(wanted, found);
    }
    if (types.size() > depth_there) pop_empty(types[types.size() - 1 - depth_there]);
  }
  pop(expected);
  set_unreachable();
}

void FunctionValidator::return_(const NoImm&) {
  pop(results(frames_.front().type));
  set_unreachable();
}

// Pops what selects the callee; its type, or null.
const FuncType* FunctionValidator::callee(const FuncImm& imm) {
  if (!in_range(imm.function, module_.functions.size(), "function")) return nullptr;
  return &module_.type_of(imm.function);
}

const FuncType* FunctionValidator::callee(const CallIndirectImm& imm) {
  if (!in_range(imm.table, module_.tables.size(), "table")) return nullptr;
  if (!in_range(imm.type, module_.types.size(), "type")) return nullptr;
  const ValueType element = module_.tables[imm.table].type.element;
  if (!types_.matches(element, kFuncRef)) {
    mismatch(kFuncRef, element);
    return nullptr;
  }
  pop(table_address(imm.table));
  return &module_.types[imm.type];
}

const FuncType* FunctionValidator::callee(const TypeImm& imm) {
  if (!in_range(imm.type, module_.types.size(), "type")) return nullptr;
  pop(ValueType{ValueKind::kRef, HeapKind::kIndexed, true, imm.type});
  return &module_.types[imm.type];
}

void FunctionValidator::check_call(const FuncType* type) {
  if (type == nullptr) return;
  pop(type->parameters);
  push(type->results);
}

void FunctionValidator::check_tail_call(const FuncType* type) {
  if (type == nullptr) return;
  const auto wanted = results(frames_.front().type);
  if (!matches(type->results, wanted)) {
    invalid("type mismatch: a tail call of a function {} in one that gives {}", to_string(*type),
            to_string(FuncType{{}, {wanted.begin(), wanted.end()}}));
    return;
  }
  pop(type->parameters);
  set_unreachable();
}

#define WASM_CALL(id, Imm, check)              \
  void FunctionValidator::id(const Imm& imm) { \
    check(callee(imm));                        \
  }
WASM_CALL(call, FuncImm, check_call)
WASM_CALL(call_indirect, CallIndirectImm, check_call)
WASM_CALL(call_ref, TypeImm, check_call)
WASM_CALL(return_call, FuncImm, check_tail_call)
WASM_CALL(return_call_indirect, CallIndirectImm, check_tail_call)
WASM_CALL(return_call_ref, TypeImm, check_tail_call)
#undef WASM_CALL

// On the branch the reference is gone, behind it it is not null.
void FunctionValidator::br_on_null(const LabelImm& imm) {
  ValueType reference = pop_reference();
  const Frame* target = label(imm.depth);
  if (target == nullptr) return;
  pop(label_types(*target));
  push(label_types(*target));
  reference.nullable = false;
  push(reference);
}

// The other way round.
void FunctionValidator::br_on_non_null(const LabelImm& imm) {
  const Frame* target = label(imm.depth);
  if (target == nullptr) return;
  const auto types = label_types(*target);
  if (types.empty() || !types.back().is_ref()) {
    invalid("type mismatch: the label must take a reference, but takes {}",
            types.empty() ? "nothing" : to_string(types.back()));
    return;
  }
  ValueType reference = pop_reference();
  reference.nullable = false;
  expect(types.back(), reference);
  const auto others = types.first(types.size() - 1);
  pop(others);
  push(others);
}

}  // namespace wasmedge::wasm
