#include "runtime/wasm/function_validator.h"

// Exceptions: the instructions with exnref, and the legacy ones.
namespace wasmedge::wasm {

namespace {

constexpr ValueType kExn{ValueKind::kRef, HeapKind::kExn, false};

}  // namespace

void FunctionValidator::throw_(const TagImm& imm) {
  if (!in_range(imm.tag, module_.tags.size(), "tag")) return;
  pop(module_.type_of_tag(imm.tag).parameters);
  set_unreachable();
}

void FunctionValidator::throw_ref(const NoImm&) {
  pop(kExnRef);
  set_unreachable();
}

void FunctionValidator::try_table(const TryTableImm& imm) {
  if (!check_block(imm.type)) return;
  for (const CatchClause& clause : imm.clauses) {
    if (!check_clause(clause)) return;
  }
  begin_block(Op::try_table, imm.type);
}

// What the clause gives is what its label takes.
bool FunctionValidator::check_clause(const CatchClause& clause) {
  using Kind = CatchClause::Kind;
  std::vector<ValueType> given;
  if (clause.kind == Kind::kTag || clause.kind == Kind::kTagRef) {
    if (!in_range(clause.tag, module_.tags.size(), "tag")) return false;
    given = module_.type_of_tag(clause.tag).parameters;
  }
  if (clause.kind == Kind::kTagRef || clause.kind == Kind::kAllRef) given.push_back(kExn);
  const Frame* target = label(clause.depth);
  if (target == nullptr) return false;
  const auto wanted = label_types(*target);
  if (matches(given, wanted)) return true;
  return invalid("type mismatch: a catch clause gives {}, but label {} takes {}",
                 to_string(FuncType{{}, given}), clause.depth,
                 to_string(FuncType{{}, {wanted.begin(), wanted.end()}}));
}

void FunctionValidator::try_(const BlockImm& imm) {
  begin_block(Op::try_, imm.type);
}

// Ends the try's body or the handler before.
bool FunctionValidator::begin_handler(Op op) {
  const Op before = frames_.back().op;
  if (before != Op::try_ && before != Op::catch_) {
    reader_->malformed(at_, "{} without a try", info(op).text);
    return false;
  }
  const Frame frame = pop_frame();
  push_frame(op, frame.type);
  return reader_->ok();
}

void FunctionValidator::catch_(const TagImm& imm) {
  if (!begin_handler(Op::catch_)) return;
  if (in_range(imm.tag, module_.tags.size(), "tag")) {
    push(module_.type_of_tag(imm.tag).parameters);
  }
}

void FunctionValidator::catch_all(const NoImm&) {
  begin_handler(Op::catch_all);
}

void FunctionValidator::rethrow(const LabelImm& imm) {
  const Frame* target = label(imm.depth);
  if (target == nullptr) return;
  if (target->op != Op::catch_ && target->op != Op::catch_all) {
    invalid("invalid rethrow label {}: it is not of a catch", imm.depth);
    return;
  }
  set_unreachable();
}

// The label counts from outside of the try.
void FunctionValidator::delegate(const LabelImm& imm) {
  if (frames_.back().op != Op::try_) {
    return reader_->malformed(at_, "delegate without a try");
  }
  const Frame frame = pop_frame();
  if (label(imm.depth) != nullptr) push(results(frame.type));
}

}  // namespace wasmedge::wasm
