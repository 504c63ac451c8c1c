#include "runtime/compile/function_emitter.h"

// Linear memory. An access is volatile: a load that nothing needs must still trap, and threads must
// not see one that the program does not make. optimise.cc relaxes some. Bounds are
// the guard's business, as far as run::MemoryBounds says.
namespace wasmedge::compile {
namespace {

uint64_t size_of(const llvm::Type* type) {
  return type->getPrimitiveSizeInBits().getFixedValue() / 8;
}

}  // namespace

llvm::Value* FunctionEmitter::memory_bytes(uint32_t memory) {
  llvm::Value* view = from_context(module_.ptr(), module_.facts().layout.memory(memory));
  llvm::Value* place =
      builder_.CreateConstInBoundsGEP1_32(module_.i8(), view, offsetof(run::MemoryView, bytes));
  llvm::LoadInst* bytes = builder_.CreateAlignedLoad(module_.i64(), place, llvm::Align(8));
  module_.reaches(bytes, Reach::kSize);
  if (module_.facts().module.memories[memory].type.limits.shared) {
    bytes->setAtomic(llvm::AtomicOrdering::SequentiallyConsistent);
  }
  return bytes;
}

// Traps unless the access at `index` (64 bits) ends where faults begin, or before. No sum here can
// wrap: what a constant says is settled at once, and the difference saturates.
void FunctionEmitter::check_bounds(const wasm::MemArgImm& imm, llvm::Value* index, uint64_t size) {
  llvm::Value* limit = nullptr;
  switch (run::bounds_of(module_.facts().module.memories[imm.memory].type)) {
    case run::MemoryBounds::kGuard:
      return;
    case run::MemoryBounds::kReservation:
      // The same comparison for every short offset, so that one serves several accesses.
      limit = u64(imm.offset <= UINT32_MAX           ? run::kMemory64Bytes
                  : imm.offset < run::kMemory64Bytes ? run::kMemory64Bytes - imm.offset
                                                     : 0);
      break;
    case run::MemoryBounds::kSize: {
      const uint64_t last = imm.offset > UINT64_MAX - size ? UINT64_MAX : imm.offset + size - 1;
      limit = memory_bytes(imm.memory);
      if (last != 0) {
        limit = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::usub_sat, limit, u64(last));
      }
      break;
    }
  }
  trap_if(builder_.CreateICmpUGE(index, limit), run::TrapCode::kMemoryOutOfBounds);
}

// The sum is taken in 64 bits; no `inbounds`, which would promise LLVM what a guest may break.
llvm::Value* FunctionEmitter::address(const wasm::MemArgImm& imm, llvm::Value* index,
                                      uint64_t size) {
  index = as_u64(index);
  check_bounds(imm, index, size);
  llvm::Value* place = builder_.CreateGEP(module_.i8(), memory_base(imm.memory), index);
  if (imm.offset == 0) return place;
  return builder_.CreateGEP(module_.i8(), place, u64(imm.offset));
}

void FunctionEmitter::finish_access(const wasm::MemArgImm& imm, llvm::Instruction* access) {
  module_.reaches(access, Reach::kMemory);
  if (!module_.facts().module.memories[imm.memory].type.limits.shared) {
    module_.make_relaxable(access);
  }
  locate(access);
}

llvm::Value* FunctionEmitter::load(const wasm::MemArgImm& imm, llvm::Type* type) {
  llvm::LoadInst* load = builder_.CreateAlignedLoad(type, address(imm, pop(), size_of(type)),
                                                    llvm::Align(1), /*isVolatile=*/true);
  finish_access(imm, load);
  return load;
}

void FunctionEmitter::store(const wasm::MemArgImm& imm, llvm::Value* value) {
  llvm::Value* place = address(imm, pop(), size_of(value->getType()));
  llvm::StoreInst* store = builder_.CreateAlignedStore(value, place, llvm::Align(1),
                                                       /*isVolatile=*/true);
  finish_access(imm, store);
}

void FunctionEmitter::store_low(const wasm::MemArgImm& imm, llvm::Type* type) {
  store(imm, builder_.CreateTrunc(pop(), type));
}

#define LOAD(id, size, type)                                \
  void FunctionEmitter::id(const wasm::MemArg<size>& imm) { \
    push(load(imm, type));                                  \
  }
LOAD(i32_load, 2, module_.i32())
LOAD(i64_load, 3, module_.i64())
LOAD(f32_load, 2, builder_.getFloatTy())
LOAD(f64_load, 3, builder_.getDoubleTy())
#undef LOAD

#define LOAD_NARROW(id, size, narrow, extend, type)         \
  void FunctionEmitter::id(const wasm::MemArg<size>& imm) { \
    push(builder_.extend(load(imm, narrow), type));         \
  }
LOAD_NARROW(i32_load8_s, 0, builder_.getInt8Ty(), CreateSExt, module_.i32())
LOAD_NARROW(i32_load8_u, 0, builder_.getInt8Ty(), CreateZExt, module_.i32())
LOAD_NARROW(i32_load16_s, 1, builder_.getInt16Ty(), CreateSExt, module_.i32())
LOAD_NARROW(i32_load16_u, 1, builder_.getInt16Ty(), CreateZExt, module_.i32())
LOAD_NARROW(i64_load8_s, 0, builder_.getInt8Ty(), CreateSExt, module_.i64())
LOAD_NARROW(i64_load8_u, 0, builder_.getInt8Ty(), CreateZExt, module_.i64())
LOAD_NARROW(i64_load16_s, 1, builder_.getInt16Ty(), CreateSExt, module_.i64())
LOAD_NARROW(i64_load16_u, 1, builder_.getInt16Ty(), CreateZExt, module_.i64())
LOAD_NARROW(i64_load32_s, 2, builder_.getInt32Ty(), CreateSExt, module_.i64())
LOAD_NARROW(i64_load32_u, 2, builder_.getInt32Ty(), CreateZExt, module_.i64())
#undef LOAD_NARROW

#define STORE(id, size)                                     \
  void FunctionEmitter::id(const wasm::MemArg<size>& imm) { \
    store(imm, pop());                                      \
  }
STORE(i32_store, 2)
STORE(i64_store, 3)
STORE(f32_store, 2)
STORE(f64_store, 3)
#undef STORE

#define STORE_NARROW(id, size, narrow)                      \
  void FunctionEmitter::id(const wasm::MemArg<size>& imm) { \
    store_low(imm, builder_.narrow());                      \
  }
STORE_NARROW(i32_store8, 0, getInt8Ty)
STORE_NARROW(i32_store16, 1, getInt16Ty)
STORE_NARROW(i64_store8, 0, getInt8Ty)
STORE_NARROW(i64_store16, 1, getInt16Ty)
STORE_NARROW(i64_store32, 2, getInt32Ty)
#undef STORE_NARROW

void FunctionEmitter::memory_size(const wasm::MemImm& imm) {
  const wasm::MemoryType& type = module_.facts().module.memories[imm.memory].type;
  llvm::Value* pages = builder_.CreateLShr(memory_bytes(imm.memory), u64(type.page_log2));
  push(as_address(pages, type.limits.is64));
}

void FunctionEmitter::memory_grow(const wasm::MemImm& imm) {
  const bool is64 = module_.facts().module.memories[imm.memory].type.limits.is64;
  llvm::Value* pages = as_u64(pop());
  push(as_address(
      call_builtin(offsetof(run::Builtins, memory_grow), module_.i64(), {u32(imm.memory), pages}),
      is64));
}

void FunctionEmitter::memory_fill(const wasm::MemImm& imm) {
  llvm::Value* count = as_u64(pop());
  llvm::Value* byte = pop();
  llvm::Value* to = as_u64(pop());
  charge_bulk(count, kBytesRate);
  call_builtin(offsetof(run::Builtins, memory_fill), builder_.getVoidTy(),
               {u32(imm.memory), to, byte, count});
}

void FunctionEmitter::memory_copy(const wasm::MemCopyImm& imm) {
  llvm::Value* count = as_u64(pop());
  llvm::Value* from = as_u64(pop());
  llvm::Value* to = as_u64(pop());
  charge_bulk(count, kBytesRate);
  call_builtin(offsetof(run::Builtins, memory_copy), builder_.getVoidTy(),
               {u32(imm.to_memory), u32(imm.from_memory), to, from, count});
}

void FunctionEmitter::memory_init(const wasm::MemInitImm& imm) {
  llvm::Value* count = pop();
  llvm::Value* from = pop();
  llvm::Value* to = as_u64(pop());
  charge_bulk(count, kBytesRate);
  call_builtin(offsetof(run::Builtins, memory_init), builder_.getVoidTy(),
               {u32(imm.memory), u32(imm.segment), to, from, count});
}

void FunctionEmitter::data_drop(const wasm::DataImm& imm) {
  call_builtin(offsetof(run::Builtins, data_drop), builder_.getVoidTy(), {u32(imm.segment)});
}

}  // namespace wasmedge::compile
