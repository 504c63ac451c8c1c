#include "runtime/compile/emit_simd.h"

#include <numeric>

#include "runtime/compile/function_emitter.h"

// Integer lanes.
namespace wasmedge::compile {

INTEGERS(VECTOR_UNARY, abs,
         builder_.CreateBinaryIntrinsic(llvm::Intrinsic::abs, value, builder_.getFalse()))
INTEGERS(VECTOR_UNARY, neg, builder_.CreateNeg(value))
VECTOR_UNARY(i8x16_popcnt, i8x16, builder_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, value))

INTEGERS(VECTOR_BINARY, add, builder_.CreateAdd(left, right))
INTEGERS(VECTOR_BINARY, sub, builder_.CreateSub(left, right))
VECTOR_BINARY(i16x8_mul, i16x8, builder_.CreateMul(left, right))
VECTOR_BINARY(i32x4_mul, i32x4, builder_.CreateMul(left, right))
VECTOR_BINARY(i64x2_mul, i64x2, builder_.CreateMul(left, right))

#define INTRINSIC(id) builder_.CreateBinaryIntrinsic(llvm::Intrinsic::id, left, right)
SMALL_INTEGERS(VECTOR_BINARY, add_sat_s, INTRINSIC(sadd_sat))
SMALL_INTEGERS(VECTOR_BINARY, add_sat_u, INTRINSIC(uadd_sat))
SMALL_INTEGERS(VECTOR_BINARY, sub_sat_s, INTRINSIC(ssub_sat))
SMALL_INTEGERS(VECTOR_BINARY, sub_sat_u, INTRINSIC(usub_sat))
#define MIN_MAX(id, intrinsic)                            \
  SMALL_INTEGERS(VECTOR_BINARY, id, INTRINSIC(intrinsic)) \
  VECTOR_BINARY(i32x4_##id, i32x4, INTRINSIC(intrinsic))
MIN_MAX(min_s, smin)
MIN_MAX(min_u, umin)
MIN_MAX(max_s, smax)
MIN_MAX(max_u, umax)
#undef MIN_MAX
#undef INTRINSIC

#define SIGNED_COMPARISON(id, predicate) \
  INTEGERS(VECTOR_BINARY, id,            \
           lane_mask(builder_.CreateICmp(llvm::CmpInst::ICMP_##predicate, left, right)))
SIGNED_COMPARISON(eq, EQ)
SIGNED_COMPARISON(ne, NE)
SIGNED_COMPARISON(lt_s, SLT)
SIGNED_COMPARISON(gt_s, SGT)
SIGNED_COMPARISON(le_s, SLE)
SIGNED_COMPARISON(ge_s, SGE)
#undef SIGNED_COMPARISON

#define UNSIGNED_COMPARISON(id, predicate)                                                     \
  SMALL_INTEGERS(VECTOR_BINARY, id,                                                            \
                 lane_mask(builder_.CreateICmp(llvm::CmpInst::ICMP_##predicate, left, right))) \
  VECTOR_BINARY(i32x4_##id, i32x4,                                                             \
                lane_mask(builder_.CreateICmp(llvm::CmpInst::ICMP_##predicate, left, right)))
UNSIGNED_COMPARISON(lt_u, ULT)
UNSIGNED_COMPARISON(gt_u, UGT)
UNSIGNED_COMPARISON(le_u, ULE)
UNSIGNED_COMPARISON(ge_u, UGE)
#undef UNSIGNED_COMPARISON

// All lanes by the same amount, modulo their width.
#define SHIFT(id, shape, shift)                                          \
  void FunctionEmitter::id(const wasm::NoImm&) {                         \
    llvm::Value* amount = pop();                                         \
    llvm::Value* value = pop_lanes(Shape::shape);                        \
    push_lanes(builder_.shift(value, lane_shift(amount, Shape::shape))); \
  }
#define SHIFTS(shape)                     \
  SHIFT(shape##_shl, shape, CreateShl)    \
  SHIFT(shape##_shr_s, shape, CreateAShr) \
  SHIFT(shape##_shr_u, shape, CreateLShr)
SHIFTS(i16x8)
SHIFTS(i32x4)
SHIFTS(i64x2)
#undef SHIFTS
#undef SHIFT

llvm::Value* FunctionEmitter::lane_shift(llvm::Value* amount, Shape shape) {
  const unsigned width = module_.lanes(shape)->getScalarSizeInBits();
  return splat(builder_.CreateAnd(amount, u32(width - 1)), shape);
}

// CPUs shift no bytes. By an amount that LLVM does not know they are shifted in pairs, and what
// came over from the neighbour is cleared; LLVM itself goes by way of twice the bits.
llvm::Value* FunctionEmitter::shift_bytes(llvm::Instruction::BinaryOps shift, llvm::Value* bytes,
                                          llvm::Value* amount) {
  if (llvm::isa<llvm::Constant>(amount)) {
    return builder_.CreateBinOp(shift, bytes, splat(amount, Shape::i8x16));
  }
  if (shift == llvm::Instruction::AShr) {
    // The sign bit, where it has come to, is extended by flipping and subtracting it.
    llvm::Value* sign = splat(builder_.CreateLShr(u32(0x80), amount), Shape::i8x16);
    bytes = shift_bytes(llvm::Instruction::LShr, bytes, amount);
    return builder_.CreateSub(builder_.CreateXor(bytes, sign), sign);
  }
  llvm::Value* pairs = builder_.CreateBitCast(bytes, module_.lanes(Shape::i16x8));
  llvm::Value* shifted = builder_.CreateBinOp(shift, pairs, splat(amount, Shape::i16x8));
  llvm::Value* own = splat(builder_.CreateBinOp(shift, u32(0xff), amount), Shape::i8x16);
  return builder_.CreateAnd(builder_.CreateBitCast(shifted, bytes->getType()), own);
}

#define SHIFT_BYTES(id, shift)                                                          \
  void FunctionEmitter::i8x16_##id(const wasm::NoImm&) {                                \
    llvm::Value* amount = builder_.CreateAnd(pop(), u32(7));                            \
    push_lanes(shift_bytes(llvm::Instruction::shift, pop_lanes(Shape::i8x16), amount)); \
  }
SHIFT_BYTES(shl, Shl)
SHIFT_BYTES(shr_s, AShr)
SHIFT_BYTES(shr_u, LShr)
#undef SHIFT_BYTES

// (left + right + 1) / 2 in twice the bits.
llvm::Value* FunctionEmitter::average(llvm::Value* left, llvm::Value* right) {
  llvm::Type* type = left->getType();
  llvm::Type* wide =
      llvm::VectorType::getExtendedElementVectorType(llvm::cast<llvm::VectorType>(type));
  llvm::Value* sum =
      builder_.CreateAdd(builder_.CreateZExt(left, wide), builder_.CreateZExt(right, wide));
  llvm::Value* one = llvm::ConstantInt::get(wide, 1);
  return builder_.CreateTrunc(builder_.CreateLShr(builder_.CreateAdd(sum, one), one), type);
}
SMALL_INTEGERS(VECTOR_BINARY, avgr_u, average(left, right))

// Lanes to half their bits: those of `low`, then those of `high`.
llvm::Value* FunctionEmitter::narrow(llvm::Value* low, llvm::Value* high, bool is_signed) {
  if (llvm::Value* done = module_.vectors().narrow(builder_, low, high, is_signed)) return done;
  auto* from = llvm::cast<llvm::FixedVectorType>(low->getType());
  const unsigned width = from->getScalarSizeInBits();
  const llvm::APInt least = is_signed ? llvm::APInt::getSignedMinValue(width / 2).sext(width)
                                      : llvm::APInt::getZero(width);
  const llvm::APInt greatest = is_signed ? llvm::APInt::getSignedMaxValue(width / 2).zext(width)
                                         : llvm::APInt::getMaxValue(width / 2).zext(width);
  llvm::SmallVector<int, 16> all(size_t{2} * from->getNumElements());
  std::iota(all.begin(), all.end(), 0);
  llvm::Value* wide = builder_.CreateShuffleVector(low, high, all);
  llvm::Type* type = wide->getType();
  wide = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, wide,
                                        llvm::ConstantInt::get(type, least));
  wide = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, wide,
                                        llvm::ConstantInt::get(type, greatest));
  return builder_.CreateTrunc(
      wide, llvm::VectorType::getTruncatedElementVectorType(llvm::cast<llvm::VectorType>(type)));
}
VECTOR_BINARY(i8x16_narrow_i16x8_s, i16x8, narrow(left, right, true))
VECTOR_BINARY(i8x16_narrow_i16x8_u, i16x8, narrow(left, right, false))
VECTOR_BINARY(i16x8_narrow_i32x4_s, i32x4, narrow(left, right, true))
VECTOR_BINARY(i16x8_narrow_i32x4_u, i32x4, narrow(left, right, false))

// Half of the lanes, extended to twice their bits.
llvm::Value* FunctionEmitter::extended_half(llvm::Value* value, bool high, bool is_signed) {
  llvm::Value* lanes = half(value, high);
  llvm::Type* wide = llvm::VectorType::getExtendedElementVectorType(
      llvm::cast<llvm::VectorType>(lanes->getType()));
  return is_signed ? builder_.CreateSExt(lanes, wide) : builder_.CreateZExt(lanes, wide);
}

#define EXTENSIONS(to, from)                                                                  \
  VECTOR_UNARY(to##_extend_low_##from##_s, from, extended_half(value, false, true))           \
  VECTOR_UNARY(to##_extend_high_##from##_s, from, extended_half(value, true, true))           \
  VECTOR_UNARY(to##_extend_low_##from##_u, from, extended_half(value, false, false))          \
  VECTOR_UNARY(to##_extend_high_##from##_u, from, extended_half(value, true, false))          \
  VECTOR_BINARY(to##_extmul_low_##from##_s, from, multiply_halves(left, right, false, true))  \
  VECTOR_BINARY(to##_extmul_high_##from##_s, from, multiply_halves(left, right, true, true))  \
  VECTOR_BINARY(to##_extmul_low_##from##_u, from, multiply_halves(left, right, false, false)) \
  VECTOR_BINARY(to##_extmul_high_##from##_u, from, multiply_halves(left, right, true, false))
EXTENSIONS(i16x8, i8x16)
EXTENSIONS(i32x4, i16x8)
EXTENSIONS(i64x2, i32x4)
#undef EXTENSIONS

llvm::Value* FunctionEmitter::multiply_halves(llvm::Value* left, llvm::Value* right, bool high,
                                              bool is_signed) {
  return builder_.CreateMul(extended_half(left, high, is_signed),
                            extended_half(right, high, is_signed));
}

// Sums of neighbouring lanes in twice the bits. As a product with ones it is one instruction.
llvm::Value* FunctionEmitter::add_pairs(llvm::Value* value, bool is_signed) {
  llvm::Value* ones = llvm::ConstantInt::get(value->getType(), 1);
  const unsigned width = value->getType()->getScalarSizeInBits();
  llvm::Value* sum = nullptr;
  if (width == 8) {
    sum = is_signed ? module_.vectors().dot_u8_i8(builder_, ones, value)
                    : module_.vectors().dot_u8_i8(builder_, value, ones);
  } else if (is_signed) {
    sum = module_.vectors().dot_i16(builder_, value, ones);
  }
  if (sum != nullptr) return sum;
  llvm::Type* type = module_.lanes(width == 8 ? Shape::i16x8 : Shape::i32x4);
  llvm::Value* pairs = builder_.CreateBitCast(value, type);
  llvm::Value* by = llvm::ConstantInt::get(type, width);
  llvm::Value* upper = builder_.CreateShl(pairs, by);
  return is_signed
             ? builder_.CreateAdd(builder_.CreateAShr(upper, by), builder_.CreateAShr(pairs, by))
             : builder_.CreateAdd(builder_.CreateLShr(upper, by), builder_.CreateLShr(pairs, by));
}
VECTOR_UNARY(i16x8_extadd_pairwise_i8x16_s, i8x16, add_pairs(value, true))
VECTOR_UNARY(i16x8_extadd_pairwise_i8x16_u, i8x16, add_pairs(value, false))
VECTOR_UNARY(i32x4_extadd_pairwise_i16x8_s, i16x8, add_pairs(value, true))
VECTOR_UNARY(i32x4_extadd_pairwise_i16x8_u, i16x8, add_pairs(value, false))

llvm::Value* FunctionEmitter::dot_product(llvm::Value* left, llvm::Value* right) {
  if (llvm::Value* done = module_.vectors().dot_i16(builder_, left, right)) return done;
  llvm::Type* wide =
      llvm::VectorType::getExtendedElementVectorType(llvm::cast<llvm::VectorType>(left->getType()));
  llvm::Value* products =
      builder_.CreateMul(builder_.CreateSExt(left, wide), builder_.CreateSExt(right, wide));
  return builder_.CreateAdd(builder_.CreateShuffleVector(products, {0, 2, 4, 6}),
                            builder_.CreateShuffleVector(products, {1, 3, 5, 7}));
}
VECTOR_BINARY(i32x4_dot_i16x8_s, i16x8, dot_product(left, right))

// -1 * -1 alone does not fit: the CPU's product of it wraps to the least, which no other has.
llvm::Value* FunctionEmitter::multiply_q15_saturating(llvm::Value* left, llvm::Value* right) {
  llvm::Type* type = left->getType();
  if (llvm::Value* product = module_.vectors().multiply_q15(builder_, left, right)) {
    llvm::Value* least = llvm::ConstantInt::get(type, llvm::APInt::getSignedMinValue(16));
    return builder_.CreateXor(product, lane_mask(builder_.CreateICmpEQ(product, least)));
  }
  llvm::Type* wide =
      llvm::VectorType::getExtendedElementVectorType(llvm::cast<llvm::VectorType>(type));
  llvm::Value* product =
      builder_.CreateMul(builder_.CreateSExt(left, wide), builder_.CreateSExt(right, wide));
  llvm::Value* rounded = builder_.CreateAShr(
      builder_.CreateAdd(product, llvm::ConstantInt::get(wide, 0x4000)), uint64_t{15});
  llvm::Value* bounded = builder_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, rounded,
                                                        llvm::ConstantInt::get(wide, 0x7fff));
  return builder_.CreateTrunc(bounded, type);
}
VECTOR_BINARY(i16x8_q15mulr_sat_s, i16x8, multiply_q15_saturating(left, right))

}  // namespace wasmedge::compile
