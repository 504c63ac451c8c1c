#include "runtime/compile/function_emitter.h"
#include "runtime/run/convention.h"

// Loads and stores of vectors: exactly the bytes that the instruction names, by load() and store().
namespace wasmedge::compile {

void FunctionEmitter::v128_load(const wasm::MemArg<4>& imm) {
  push(load(imm, module_.type(wasm::kV128)));
}

// Where there are no vector registers it is two stores. The upper half is the first, and traps
// before anything is written.
void FunctionEmitter::v128_store(const wasm::MemArg<4>& imm) {
  llvm::Value* value = pop();
  if (run::call_registers(module_.facts().target).has_vectors) return store(imm, value);
  llvm::Value* low = address(imm, pop(), sizeof(run::Value));
  for (const unsigned half : {1, 0}) {
    llvm::Value* place = builder_.CreateConstGEP1_64(module_.i64(), low, half);
    finish_access(imm, builder_.CreateAlignedStore(builder_.CreateExtractElement(value, half),
                                                   place, llvm::Align(1), /*isVolatile=*/true));
  }
}

// Eight bytes, each lane of them extended to twice its bits.
llvm::Value* FunctionEmitter::load_half(const wasm::MemArgImm& imm, Shape wide) {
  llvm::FixedVectorType* to = module_.lanes(wide);
  auto* narrow = builder_.getIntNTy(to->getScalarSizeInBits() / 2);
  return builder_.CreateBitCast(load(imm, module_.i64()),
                                llvm::FixedVectorType::get(narrow, to->getNumElements()));
}

#define LOAD_EXTENDED(id, extend, wide)                                                   \
  void FunctionEmitter::v128_##id(const wasm::MemArg<3>& imm) {                           \
    push_lanes(builder_.extend(load_half(imm, Shape::wide), module_.lanes(Shape::wide))); \
  }
LOAD_EXTENDED(load8x8_s, CreateSExt, i16x8)
LOAD_EXTENDED(load8x8_u, CreateZExt, i16x8)
LOAD_EXTENDED(load16x4_s, CreateSExt, i32x4)
LOAD_EXTENDED(load16x4_u, CreateZExt, i32x4)
LOAD_EXTENDED(load32x2_s, CreateSExt, i64x2)
LOAD_EXTENDED(load32x2_u, CreateZExt, i64x2)
#undef LOAD_EXTENDED

// The lanes of one width: `size` is the logarithm of the bytes.
#define LANE_ACCESS(width, size, shape)                                               \
  void FunctionEmitter::v128_load##width##_splat(const wasm::MemArg<size>& imm) {     \
    push_lanes(splat(load(imm, builder_.getIntNTy(width)), Shape::shape));            \
  }                                                                                   \
  void FunctionEmitter::v128_load##width##_lane(const wasm::MemArgLane<size>& imm) {  \
    llvm::Value* lanes = pop_lanes(Shape::shape);                                     \
    llvm::Value* lane = load(imm, builder_.getIntNTy(width));                         \
    push_lanes(builder_.CreateInsertElement(lanes, lane, imm.lane));                  \
  }                                                                                   \
  void FunctionEmitter::v128_store##width##_lane(const wasm::MemArgLane<size>& imm) { \
    store(imm, builder_.CreateExtractElement(pop_lanes(Shape::shape), imm.lane));     \
  }
LANE_ACCESS(8, 0, i8x16)
LANE_ACCESS(16, 1, i16x8)
LANE_ACCESS(32, 2, i32x4)
LANE_ACCESS(64, 3, i64x2)
#undef LANE_ACCESS

#define LOAD_ZERO(width, size, shape)                                               \
  void FunctionEmitter::v128_load##width##_zero(const wasm::MemArg<size>& imm) {    \
    llvm::Value* zeros = llvm::Constant::getNullValue(module_.lanes(Shape::shape)); \
    llvm::Value* lane = load(imm, builder_.getIntNTy(width));                       \
    push_lanes(builder_.CreateInsertElement(zeros, lane, uint64_t{0}));             \
  }
LOAD_ZERO(32, 2, i32x4)
LOAD_ZERO(64, 3, i64x2)
#undef LOAD_ZERO

}  // namespace wasmedge::compile
