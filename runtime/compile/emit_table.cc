#include "runtime/compile/function_emitter.h"

namespace wasmedge::compile {

// The place of a table's element, behind a bounds check.
llvm::Value* FunctionEmitter::element(uint32_t table, llvm::Value* index,
                                      run::TrapCode out_of_bounds) {
  llvm::Value* wide = as_u64(index);
  trap_if(builder_.CreateICmpUGE(wide, table_size(table)), out_of_bounds);
  return builder_.CreateGEP(module_.ptr(), table_elements(table), wide);
}

void FunctionEmitter::table_get(const wasm::TableImm& imm) {
  llvm::Value* place = element(imm.table, pop(), run::TrapCode::kTableOutOfBounds);
  llvm::LoadInst* value = builder_.CreateAlignedLoad(module_.ptr(), place, llvm::Align(8));
  module_.reaches(value, Reach::kTable);
  push(value);
}

void FunctionEmitter::table_set(const wasm::TableImm& imm) {
  llvm::Value* value = pop();
  llvm::Value* place = element(imm.table, pop(), run::TrapCode::kTableOutOfBounds);
  // Volatile, as other effects that stay visible after a trap.
  module_.reaches(builder_.CreateAlignedStore(value, place, llvm::Align(8), /*isVolatile=*/true),
                  Reach::kTable);
}

void FunctionEmitter::table_size(const wasm::TableImm& imm) {
  push(
      as_address(table_size(imm.table), module_.facts().module.tables[imm.table].type.limits.is64));
}

void FunctionEmitter::table_grow(const wasm::TableImm& imm) {
  llvm::Value* count = as_u64(pop());
  llvm::Value* value = pop();
  charge_bulk(count, kElementsRate);
  push(as_address(call_builtin(offsetof(run::Builtins, table_grow), module_.i64(),
                               {u32(imm.table), value, count}),
                  module_.facts().module.tables[imm.table].type.limits.is64));
}

void FunctionEmitter::table_fill(const wasm::TableImm& imm) {
  llvm::Value* count = as_u64(pop());
  llvm::Value* value = pop();
  llvm::Value* to = as_u64(pop());
  charge_bulk(count, kElementsRate);
  call_builtin(offsetof(run::Builtins, table_fill), builder_.getVoidTy(),
               {u32(imm.table), to, value, count});
}

void FunctionEmitter::table_copy(const wasm::TableCopyImm& imm) {
  llvm::Value* count = as_u64(pop());
  llvm::Value* from = as_u64(pop());
  llvm::Value* to = as_u64(pop());
  charge_bulk(count, kElementsRate);
  call_builtin(offsetof(run::Builtins, table_copy), builder_.getVoidTy(),
               {u32(imm.to_table), u32(imm.from_table), to, from, count});
}

void FunctionEmitter::table_init(const wasm::TableInitImm& imm) {
  llvm::Value* count = pop();
  llvm::Value* from = pop();
  llvm::Value* to = as_u64(pop());
  charge_bulk(count, kElementsRate);
  call_builtin(offsetof(run::Builtins, table_init), builder_.getVoidTy(),
               {u32(imm.table), u32(imm.segment), to, from, count});
}

void FunctionEmitter::elem_drop(const wasm::ElemImm& imm) {
  call_builtin(offsetof(run::Builtins, elem_drop), builder_.getVoidTy(), {u32(imm.segment)});
}

void FunctionEmitter::ref_null(const wasm::RefTypeImm&) {
  push(llvm::ConstantPointerNull::get(builder_.getPtrTy()));
}

void FunctionEmitter::ref_is_null(const wasm::NoImm&) {
  push(builder_.CreateZExt(builder_.CreateIsNull(pop()), module_.i32()));
}

void FunctionEmitter::ref_as_non_null(const wasm::NoImm&) {
  trap_if(builder_.CreateIsNull(stack_.back().ir), run::TrapCode::kNullReference);
}

void FunctionEmitter::ref_func(const wasm::FuncRefImm& imm) {
  push(call_builtin(offsetof(run::Builtins, ref_func), module_.ptr(), {u32(imm.function)}));
}

}  // namespace wasmedge::compile
