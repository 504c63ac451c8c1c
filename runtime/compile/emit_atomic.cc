#include "runtime/compile/function_emitter.h"

// Atomic accesses (sequentially consistent, at aligned addresses only), and waiting.
namespace wasmedge::compile {

// Volatile too: one whose result nobody wants must still trap.
void FunctionEmitter::order(llvm::Instruction* access) {
  module_.reaches(access, Reach::kMemory);
  locate(access);
}

llvm::Value* FunctionEmitter::atomic_address(const wasm::MemArgImm& imm, llvm::Value* index,
                                             unsigned size_log2) {
  const uint64_t size = uint64_t{1} << size_log2;
  llvm::Value* place = address(imm, index, size);
  if (size == 1) return place;
  llvm::Value* sum = builder_.CreateAdd(as_u64(index), u64(imm.offset));
  trap_if(builder_.CreateIsNotNull(builder_.CreateAnd(sum, u64(size - 1))),
          run::TrapCode::kUnalignedAtomic);
  return place;
}

void FunctionEmitter::atomic_load(const wasm::MemArgImm& imm, unsigned size_log2,
                                  llvm::Type* type) {
  llvm::Type* narrow = builder_.getIntNTy(8u << size_log2);
  llvm::LoadInst* load =
      builder_.CreateAlignedLoad(narrow, atomic_address(imm, pop(), size_log2),
                                 llvm::Align(uint64_t{1} << size_log2), /*isVolatile=*/true);
  load->setAtomic(llvm::AtomicOrdering::SequentiallyConsistent);
  order(load);
  push(builder_.CreateZExt(load, type));
}

void FunctionEmitter::atomic_store(const wasm::MemArgImm& imm, unsigned size_log2) {
  llvm::Value* value = builder_.CreateTrunc(pop(), builder_.getIntNTy(8u << size_log2));
  llvm::StoreInst* store =
      builder_.CreateAlignedStore(value, atomic_address(imm, pop(), size_log2),
                                  llvm::Align(uint64_t{1} << size_log2), /*isVolatile=*/true);
  store->setAtomic(llvm::AtomicOrdering::SequentiallyConsistent);
  order(store);
}

void FunctionEmitter::atomic_rmw(const wasm::MemArgImm& imm, unsigned size_log2,
                                 llvm::AtomicRMWInst::BinOp op) {
  llvm::Value* operand = pop();
  llvm::Value* narrow = builder_.CreateTrunc(operand, builder_.getIntNTy(8u << size_log2));
  llvm::AtomicRMWInst* old = builder_.CreateAtomicRMW(op, atomic_address(imm, pop(), size_log2),
                                                      narrow, llvm::Align(uint64_t{1} << size_log2),
                                                      llvm::AtomicOrdering::SequentiallyConsistent);
  old->setVolatile(true);
  order(old);
  push(builder_.CreateZExt(old, operand->getType()));
}

// A narrow one compares and stores the low bits of its operands.
void FunctionEmitter::atomic_cmpxchg(const wasm::MemArgImm& imm, unsigned size_log2) {
  llvm::Type* narrow = builder_.getIntNTy(8u << size_log2);
  llvm::Value* replacement = pop();
  llvm::Type* type = replacement->getType();
  replacement = builder_.CreateTrunc(replacement, narrow);
  llvm::Value* expected = builder_.CreateTrunc(pop(), narrow);
  llvm::AtomicCmpXchgInst* both = builder_.CreateAtomicCmpXchg(
      atomic_address(imm, pop(), size_log2), expected, replacement,
      llvm::Align(uint64_t{1} << size_log2), llvm::AtomicOrdering::SequentiallyConsistent,
      llvm::AtomicOrdering::SequentiallyConsistent);
  both->setVolatile(true);
  order(both);
  push(builder_.CreateZExt(builder_.CreateExtractValue(both, 0), type));
}

#define ATOMIC(id, size, statement)                            \
  void FunctionEmitter::id(const wasm::AtomicArg<size>& imm) { \
    statement;                                                 \
  }
ATOMIC(i32_atomic_load, 2, atomic_load(imm, 2, module_.i32()))
ATOMIC(i64_atomic_load, 3, atomic_load(imm, 3, module_.i64()))
ATOMIC(i32_atomic_load8_u, 0, atomic_load(imm, 0, module_.i32()))
ATOMIC(i32_atomic_load16_u, 1, atomic_load(imm, 1, module_.i32()))
ATOMIC(i64_atomic_load8_u, 0, atomic_load(imm, 0, module_.i64()))
ATOMIC(i64_atomic_load16_u, 1, atomic_load(imm, 1, module_.i64()))
ATOMIC(i64_atomic_load32_u, 2, atomic_load(imm, 2, module_.i64()))
ATOMIC(i32_atomic_store, 2, atomic_store(imm, 2))
ATOMIC(i64_atomic_store, 3, atomic_store(imm, 3))
ATOMIC(i32_atomic_store8, 0, atomic_store(imm, 0))
ATOMIC(i32_atomic_store16, 1, atomic_store(imm, 1))
ATOMIC(i64_atomic_store8, 0, atomic_store(imm, 0))
ATOMIC(i64_atomic_store16, 1, atomic_store(imm, 1))
ATOMIC(i64_atomic_store32, 2, atomic_store(imm, 2))

#define ATOMIC_RMW(name, op)                                                          \
  ATOMIC(i32_atomic_rmw_##name, 2, atomic_rmw(imm, 2, llvm::AtomicRMWInst::op))       \
  ATOMIC(i64_atomic_rmw_##name, 3, atomic_rmw(imm, 3, llvm::AtomicRMWInst::op))       \
  ATOMIC(i32_atomic_rmw8_##name##_u, 0, atomic_rmw(imm, 0, llvm::AtomicRMWInst::op))  \
  ATOMIC(i32_atomic_rmw16_##name##_u, 1, atomic_rmw(imm, 1, llvm::AtomicRMWInst::op)) \
  ATOMIC(i64_atomic_rmw8_##name##_u, 0, atomic_rmw(imm, 0, llvm::AtomicRMWInst::op))  \
  ATOMIC(i64_atomic_rmw16_##name##_u, 1, atomic_rmw(imm, 1, llvm::AtomicRMWInst::op)) \
  ATOMIC(i64_atomic_rmw32_##name##_u, 2, atomic_rmw(imm, 2, llvm::AtomicRMWInst::op))
ATOMIC_RMW(add, Add)
ATOMIC_RMW(sub, Sub)
ATOMIC_RMW(and, And)
ATOMIC_RMW(or, Or)
ATOMIC_RMW(xor, Xor)
ATOMIC_RMW(xchg, Xchg)
#undef ATOMIC_RMW

ATOMIC(i32_atomic_rmw_cmpxchg, 2, atomic_cmpxchg(imm, 2))
ATOMIC(i64_atomic_rmw_cmpxchg, 3, atomic_cmpxchg(imm, 3))
ATOMIC(i32_atomic_rmw8_cmpxchg_u, 0, atomic_cmpxchg(imm, 0))
ATOMIC(i32_atomic_rmw16_cmpxchg_u, 1, atomic_cmpxchg(imm, 1))
ATOMIC(i64_atomic_rmw8_cmpxchg_u, 0, atomic_cmpxchg(imm, 0))
ATOMIC(i64_atomic_rmw16_cmpxchg_u, 1, atomic_cmpxchg(imm, 1))
ATOMIC(i64_atomic_rmw32_cmpxchg_u, 2, atomic_cmpxchg(imm, 2))
#undef ATOMIC

void FunctionEmitter::atomic_fence(const wasm::FenceImm&) {
  builder_.CreateFence(llvm::AtomicOrdering::SequentiallyConsistent);
}

// What the builtin checks, with a sum beyond 64 bits being out of bounds like the largest.
llvm::Value* FunctionEmitter::waiting_address(const wasm::MemArgImm& imm) {
  return builder_.CreateBinaryIntrinsic(llvm::Intrinsic::uadd_sat, as_u64(pop()), u64(imm.offset));
}

void FunctionEmitter::atomic_wait(const wasm::MemArgImm& imm, uint32_t builtin) {
  llvm::Value* nanoseconds = pop();
  llvm::Value* expected = pop();
  llvm::Value* place = waiting_address(imm);
  push(call_builtin(builtin, module_.i32(), {u32(imm.memory), place, expected, nanoseconds}));
}

void FunctionEmitter::memory_atomic_wait32(const wasm::AtomicArg<2>& imm) {
  atomic_wait(imm, offsetof(run::Builtins, memory_wait32));
}

void FunctionEmitter::memory_atomic_wait64(const wasm::AtomicArg<3>& imm) {
  atomic_wait(imm, offsetof(run::Builtins, memory_wait64));
}

void FunctionEmitter::memory_atomic_notify(const wasm::AtomicArg<2>& imm) {
  llvm::Value* count = pop();
  llvm::Value* place = waiting_address(imm);
  push(call_builtin(offsetof(run::Builtins, memory_notify), module_.i32(),
                    {u32(imm.memory), place, count}));
}

}  // namespace wasmedge::compile
