#include "runtime/compile/emit_simd.h"

#include <llvm/Analysis/ConstantFolding.h>

#include <numeric>

#include "runtime/compile/function_emitter.h"

// What all vector instructions share, then lanes and bits. A v128 is <2 x i64> wherever it is kept
// (stack, locals, globals, calls); an instruction sees it in its own shape, by bitcasts that cost
// nothing.
namespace wasmedge::compile {

llvm::Value* FunctionEmitter::pop_lanes(Shape shape) {
  llvm::Value* value = pop();
  llvm::Type* type = module_.lanes(shape);
  if (auto* cast = llvm::dyn_cast<llvm::BitCastInst>(value); cast && cast->getSrcTy() == type) {
    return cast->getOperand(0);
  }
  // A constant stays one that looks at its lanes can recognise.
  if (auto* constant = llvm::dyn_cast<llvm::Constant>(value)) {
    return llvm::ConstantFoldCastOperand(llvm::Instruction::BitCast, constant, type,
                                         module_.ir().getDataLayout());
  }
  return builder_.CreateBitCast(value, type);
}

void FunctionEmitter::push_lanes(llvm::Value* lanes) {
  push(builder_.CreateBitCast(lanes, module_.type(wasm::kV128)));
}

// A number as a lane takes it: the low bits, if the lane is narrower.
llvm::Value* FunctionEmitter::as_lane(llvm::Value* value, Shape shape) {
  llvm::Type* type = module_.lanes(shape)->getElementType();
  return type->isIntegerTy() ? builder_.CreateZExtOrTrunc(value, type) : value;
}

llvm::Value* FunctionEmitter::splat(llvm::Value* value, Shape shape) {
  return builder_.CreateVectorSplat(module_.lanes(shape)->getNumElements(), as_lane(value, shape));
}

// All ones where the condition holds, as wide as a v128.
llvm::Value* FunctionEmitter::lane_mask(llvm::Value* condition) {
  auto* type = llvm::cast<llvm::FixedVectorType>(condition->getType());
  const unsigned count = type->getNumElements();
  return builder_.CreateSExt(
      condition, llvm::FixedVectorType::get(builder_.getIntNTy(kVectorBits / count), count));
}

llvm::Value* FunctionEmitter::half(llvm::Value* value, bool high) {
  const unsigned count = llvm::cast<llvm::FixedVectorType>(value->getType())->getNumElements() / 2;
  llvm::SmallVector<int, 8> lanes(count);
  std::iota(lanes.begin(), lanes.end(), high ? count : 0);
  return builder_.CreateShuffleVector(value, lanes);
}

// Zeros behind half a vector.
llvm::Value* FunctionEmitter::zero_extended(llvm::Value* low) {
  const unsigned count = llvm::cast<llvm::FixedVectorType>(low->getType())->getNumElements();
  llvm::SmallVector<int, 8> lanes(size_t{2} * count);
  std::iota(lanes.begin(), lanes.end(), 0);
  return builder_.CreateShuffleVector(low, llvm::Constant::getNullValue(low->getType()), lanes);
}

void FunctionEmitter::v128_const(const wasm::V128Imm& imm) {
  push(llvm::ConstantDataVector::get(module_.context(), llvm::ArrayRef({imm.low, imm.high})));
}

// Lanes.

#define SPLAT(shape)                                        \
  void FunctionEmitter::shape##_splat(const wasm::NoImm&) { \
    push_lanes(splat(pop(), Shape::shape));                 \
  }
SPLAT(i8x16)
SPLAT(i16x8)
SPLAT(i32x4)
SPLAT(i64x2)
SPLAT(f32x4)
SPLAT(f64x2)
#undef SPLAT

#define EXTRACT(id, shape, count, expression)                                             \
  void FunctionEmitter::shape##_extract_##id(const wasm::LaneImm<count>& imm) {           \
    llvm::Value* lane = builder_.CreateExtractElement(pop_lanes(Shape::shape), imm.lane); \
    push(expression);                                                                     \
  }
EXTRACT(lane_s, i8x16, 16, builder_.CreateSExt(lane, module_.i32()))
EXTRACT(lane_u, i8x16, 16, builder_.CreateZExt(lane, module_.i32()))
EXTRACT(lane_s, i16x8, 8, builder_.CreateSExt(lane, module_.i32()))
EXTRACT(lane_u, i16x8, 8, builder_.CreateZExt(lane, module_.i32()))
EXTRACT(lane, i32x4, 4, lane)
EXTRACT(lane, i64x2, 2, lane)
EXTRACT(lane, f32x4, 4, lane)
EXTRACT(lane, f64x2, 2, lane)
#undef EXTRACT

#define REPLACE(shape, count)                                                          \
  void FunctionEmitter::shape##_replace_lane(const wasm::LaneImm<count>& imm) {        \
    llvm::Value* lane = as_lane(pop(), Shape::shape);                                  \
    push_lanes(builder_.CreateInsertElement(pop_lanes(Shape::shape), lane, imm.lane)); \
  }
REPLACE(i8x16, 16)
REPLACE(i16x8, 8)
REPLACE(i32x4, 4)
REPLACE(i64x2, 2)
REPLACE(f32x4, 4)
REPLACE(f64x2, 2)
#undef REPLACE

void FunctionEmitter::i8x16_shuffle(const wasm::ShuffleImm& imm) {
  llvm::Value* right = pop_lanes(Shape::i8x16);
  llvm::Value* left = pop_lanes(Shape::i8x16);
  const llvm::SmallVector<int, 16> lanes(imm.lanes.begin(), imm.lanes.end());
  push_lanes(builder_.CreateShuffleVector(left, right, lanes));
}

// Byte by byte, where the CPU looks up no table of bytes.
llvm::Value* FunctionEmitter::swizzle_bytes(llvm::Value* table, llvm::Value* indexes) {
  if (llvm::Value* done = module_.vectors().swizzle(builder_, table, indexes)) return done;
  llvm::Value* places = builder_.CreateAnd(indexes, splat(u32(15), Shape::i8x16));
  llvm::Value* bytes = llvm::PoisonValue::get(table->getType());
  for (unsigned i = 0; i < 16; ++i) {
    llvm::Value* place = builder_.CreateExtractElement(places, i);
    bytes = builder_.CreateInsertElement(bytes, builder_.CreateExtractElement(table, place), i);
  }
  llvm::Value* is_in = builder_.CreateICmpULT(indexes, splat(u32(16), Shape::i8x16));
  return builder_.CreateAnd(bytes, lane_mask(is_in));
}

// The sum sets the top bit of every index beyond 15, and leaves the low bits of the others.
void FunctionEmitter::i8x16_swizzle(const wasm::NoImm&) {
  llvm::Value* indexes = pop_lanes(Shape::i8x16);
  llvm::Value* table = pop_lanes(Shape::i8x16);
  llvm::Value* marked = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::uadd_sat, indexes,
                                                       splat(u32(0x70), Shape::i8x16));
  llvm::Value* found = module_.vectors().look_up(builder_, table, marked);
  push_lanes(found != nullptr ? found : swizzle_bytes(table, indexes));
}

// Bits.

llvm::Value* FunctionEmitter::bit_select(llvm::Value* ones, llvm::Value* zeros, llvm::Value* mask) {
  return builder_.CreateOr(builder_.CreateAnd(ones, mask),
                           builder_.CreateAnd(zeros, builder_.CreateNot(mask)));
}

VECTOR_UNARY(v128_not, i64x2, builder_.CreateNot(value))
VECTOR_BINARY(v128_and, i64x2, builder_.CreateAnd(left, right))
VECTOR_BINARY(v128_andnot, i64x2, builder_.CreateAnd(left, builder_.CreateNot(right)))
VECTOR_BINARY(v128_or, i64x2, builder_.CreateOr(left, right))
VECTOR_BINARY(v128_xor, i64x2, builder_.CreateXor(left, right))
VECTOR_TERNARY(v128_bitselect, i64x2, bit_select(first, second, third))

llvm::Value* FunctionEmitter::is_zero(llvm::Value* vector) {
  return builder_.CreateIsNull(builder_.CreateBitCast(vector, builder_.getIntNTy(kVectorBits)));
}

llvm::Value* FunctionEmitter::all_true(llvm::Value* lanes) {
  llvm::Value* zeros = builder_.CreateICmpEQ(lanes, llvm::Constant::getNullValue(lanes->getType()));
  return builder_.CreateZExt(is_zero(lane_mask(zeros)), module_.i32());
}

// The lanes' top bits.
llvm::Value* FunctionEmitter::bitmask(llvm::Value* lanes) {
  llvm::Value* signs =
      builder_.CreateICmpSLT(lanes, llvm::Constant::getNullValue(lanes->getType()));
  const unsigned count = llvm::cast<llvm::FixedVectorType>(lanes->getType())->getNumElements();
  return builder_.CreateZExt(builder_.CreateBitCast(signs, builder_.getIntNTy(count)),
                             module_.i32());
}

VECTOR_TEST(v128_any_true, i64x2,
            builder_.CreateZExt(builder_.CreateNot(is_zero(value)), module_.i32()))
INTEGERS(VECTOR_TEST, all_true, all_true(value))
INTEGERS(VECTOR_TEST, bitmask, bitmask(value))

}  // namespace wasmedge::compile
