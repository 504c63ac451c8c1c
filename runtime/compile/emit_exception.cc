#include <algorithm>

#include "runtime/compile/function_emitter.h"
#include "runtime/run/exception.h"

// Exceptions. A call within a try's body is an invoke whose landing pad leads to the try's
// dispatch, which compares tags and branches. What is thrown within the body of this function goes
// there directly. Exceptions that no clause takes go on to the next try's dispatch, or are thrown
// again.
namespace wasmedge::compile {

std::optional<size_t> FunctionEmitter::innermost_try() const {
  return tries_.empty() ? std::nullopt : std::optional(tries_.back());
}

FunctionEmitter::Label& FunctionEmitter::dispatch_of(Control& control) {
  if (control.dispatch.block == nullptr) control.dispatch = make_label(std::array{wasm::kExnRef});
  return control.dispatch;
}

// Where calls within the innermost try unwind to.
llvm::BasicBlock* FunctionEmitter::landing_pad() {
  Control& control = controls_[tries_.back()];
  if (control.landing == nullptr) {
    control.landing = new_block();
    dispatch_of(control);
    if (!function_->hasPersonalityFn()) function_->setPersonalityFn(module_.personality());
  }
  return control.landing;
}

// An exception leaves the place where it is thrown, or was not caught: for the dispatch of the try
// `handler`, or for the caller.
void FunctionEmitter::raise(llvm::Value* exception, std::optional<size_t> handler) {
  if (handler) {
    Label& label = dispatch_of(controls_[*handler]);
    label.phis[0]->addIncoming(exception, builder_.GetInsertBlock());
    builder_.CreateBr(label.block);
    return;
  }
  store_fuel();
  call_builtin(offsetof(run::Builtins, exception_throw), builder_.getVoidTy(), {exception});
  builder_.CreateUnreachable();
}

void FunctionEmitter::begin_try(ControlKind kind, const wasm::BlockType& type) {
  const auto [parameters, results] = signature(type);
  push_control(kind, parameters, results);
  tries_.push_back(controls_.size() - 1);
}

// Closes the innermost block's body. Goes on where its exceptions arrive; false if there are none.
bool FunctionEmitter::end_try_body() {
  Control& control = controls_.back();
  if (reachable_) branch_to(control.end);
  tries_.pop_back();
  set_unreachable();
  if (control.dispatch.block == nullptr) return false;
  if (control.landing != nullptr) {
    begin(control.landing);
    llvm::LandingPadInst* pad = builder_.CreateLandingPad(
        llvm::StructType::get(module_.ptr(), module_.i32()), /*NumClauses=*/1);
    pad->addClause(llvm::ConstantPointerNull::get(builder_.getPtrTy()));
    control.dispatch.phis[0]->addIncoming(builder_.CreateExtractValue(pad, 0), control.landing);
    load_fuel();
    builder_.CreateBr(control.dispatch.block);
  }
  begin(control.dispatch.block);
  return true;
}

// Goes on where the exception is of this tag; the answer is the block where it is not.
llvm::BasicBlock* FunctionEmitter::match(llvm::Value* exception, uint32_t tag) {
  static_assert(offsetof(run::Exception, tag) == 0);
  llvm::LoadInst* found = builder_.CreateAlignedLoad(module_.ptr(), exception, llvm::Align(8));
  llvm::Value* wanted = from_context(module_.ptr(), module_.facts().layout.tag(tag));
  llvm::BasicBlock* taken = new_block();
  llvm::BasicBlock* next = new_block();
  builder_.CreateCondBr(builder_.CreateICmpEQ(found, wanted), taken, next);
  begin(taken);
  return next;
}

llvm::Value* FunctionEmitter::payload(llvm::Value* exception, size_t index) {
  return builder_.CreateConstGEP1_64(module_.i8(), exception,
                                     sizeof(run::Exception) + index * sizeof(run::Value));
}

void FunctionEmitter::push_payload(llvm::Value* exception, uint32_t tag) {
  const auto& types = module_.facts().module.type_of_tag(tag).parameters;
  for (size_t i = 0; i < types.size(); ++i) {
    push(builder_.CreateAlignedLoad(module_.type(types[i]), payload(exception, i),
                                    llvm::Align(alignof(run::Value))));
  }
}

void FunctionEmitter::throw_(const wasm::TagImm& imm) {
  const size_t count = module_.facts().module.type_of_tag(imm.tag).parameters.size();
  llvm::Value* exception =
      call_builtin(offsetof(run::Builtins, exception_new), module_.ptr(), {u32(imm.tag)});
  for (size_t i = 0; i < count; ++i) {
    builder_.CreateAlignedStore(stack_[stack_.size() - count + i].ir, payload(exception, i),
                                llvm::Align(alignof(run::Value)));
  }
  raise(exception, innermost_try());
  set_unreachable();
}

void FunctionEmitter::throw_ref(const wasm::NoImm&) {
  llvm::Value* exception = pop();
  trap_if(builder_.CreateIsNull(exception), run::TrapCode::kNullReference);
  raise(exception, innermost_try());
  set_unreachable();
}

void FunctionEmitter::try_table(const wasm::TryTableImm& imm) {
  begin_try(ControlKind::kTryTable, imm.type);
  controls_.back().clauses = imm.clauses;
}

// The clauses of a try_table, whose labels count from outside of it.
void FunctionEmitter::end_try_table() {
  if (!end_try_body()) return;
  using Kind = wasm::CatchClause::Kind;
  llvm::Value* exception = controls_.back().dispatch.phis[0];
  for (const wasm::CatchClause& clause : controls_.back().clauses) {
    const bool is_all = clause.kind == Kind::kAll || clause.kind == Kind::kAllRef;
    llvm::BasicBlock* next = is_all ? nullptr : match(exception, clause.tag);
    if (!is_all) push_payload(exception, clause.tag);
    if (clause.kind == Kind::kTagRef || clause.kind == Kind::kAllRef) push(exception);
    branch_to(label_at(clause.depth + 1).target());
    stack_.resize(controls_.back().height);
    if (is_all) return;
    begin(next);
  }
  raise(exception, innermost_try());
}

void FunctionEmitter::try_(const wasm::BlockImm& imm) {
  begin_try(ControlKind::kTry, imm.type);
}

// Goes on where the exceptions arrive that no clause before has taken; false if there are none.
bool FunctionEmitter::begin_catch() {
  Control& control = controls_.back();
  if (control.kind == ControlKind::kTry) {
    control.kind = ControlKind::kCatch;
    reachable_ = end_try_body();
  } else {
    if (reachable_) branch_to(control.end);
    set_unreachable();
    reachable_ = control.no_match != nullptr;
    if (reachable_) begin(control.no_match);
  }
  if (reachable_) begin_line();
  control.no_match = nullptr;
  return reachable_;
}

void FunctionEmitter::catch_(const wasm::TagImm& imm) {
  if (!begin_catch()) return;
  llvm::Value* exception = controls_.back().dispatch.phis[0];
  controls_.back().no_match = match(exception, imm.tag);
  begin_line();
  push_payload(exception, imm.tag);
}

void FunctionEmitter::catch_all(const wasm::NoImm&) {
  begin_catch();
}

void FunctionEmitter::rethrow(const wasm::LabelImm& imm) {
  raise(label_at(imm.depth).dispatch.phis[0], innermost_try());
  set_unreachable();
}

// Exceptions of the body go to the try that the label is of, or the next one around it.
void FunctionEmitter::delegate(const wasm::LabelImm& imm) {
  if (end_try_body()) {
    const size_t label = controls_.size() - 2 - imm.depth;
    const auto behind = std::ranges::upper_bound(tries_, label);
    raise(controls_.back().dispatch.phis[0],
          behind == tries_.begin() ? std::nullopt : std::optional(*std::prev(behind)));
  }
  leave_block();
}

// What is left of a try at its end.
void FunctionEmitter::end_try() {
  Control& control = controls_.back();
  bool rest = false;
  switch (control.kind) {
    case ControlKind::kTryTable:
      return end_try_table();
    case ControlKind::kTry:
      rest = end_try_body();
      break;
    case ControlKind::kCatch:
      if (reachable_) branch_to(control.end);
      set_unreachable();
      rest = control.no_match != nullptr;
      if (rest) begin(control.no_match);
      break;
    default:
      return;
  }
  if (rest) raise(control.dispatch.phis[0], innermost_try());
}

}  // namespace wasmedge::compile
