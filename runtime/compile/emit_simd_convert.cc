#include "runtime/compile/emit_simd.h"
#include "runtime/compile/function_emitter.h"

// Between integer and float lanes.
namespace wasmedge::compile {

VECTOR_UNARY(f32x4_convert_i32x4_s, i32x4,
             builder_.CreateSIToFP(value, module_.lanes(Shape::f32x4)))
VECTOR_UNARY(f32x4_convert_i32x4_u, i32x4,
             builder_.CreateUIToFP(value, module_.lanes(Shape::f32x4)))
VECTOR_UNARY(f64x2_convert_low_i32x4_s, i32x4,
             builder_.CreateSIToFP(half(value, false), module_.lanes(Shape::f64x2)))
VECTOR_UNARY(f64x2_convert_low_i32x4_u, i32x4,
             builder_.CreateUIToFP(half(value, false), module_.lanes(Shape::f64x2)))
VECTOR_UNARY(f64x2_promote_low_f32x4, f32x4,
             builder_.CreateFPExt(half(value, false), module_.lanes(Shape::f64x2)))

// LLVM folds a demoted promotion to its operand, which must still come out as a quiet NaN.
void FunctionEmitter::f32x4_demote_f64x2_zero(const wasm::NoImm&) {
  llvm::Value* value = pop_lanes(Shape::f64x2);
  if (auto* promoted = llvm::dyn_cast<llvm::FPExtInst>(value)) {
    push_lanes(zero_extended(quieted(promoted->getOperand(0))));
    return;
  }
  llvm::Type* floats = llvm::FixedVectorType::get(builder_.getFloatTy(), 2);
  push_lanes(zero_extended(builder_.CreateFPTrunc(value, floats)));
}

namespace {

llvm::Constant* number(llvm::Value* like, double value) {
  return llvm::ConstantFP::get(like->getType(), value);
}

}  // namespace

// By LLVM's conversion, which is generic but not short.
llvm::Value* FunctionEmitter::convert_saturating(llvm::Value* value, bool is_signed) {
  const unsigned count = llvm::cast<llvm::FixedVectorType>(value->getType())->getNumElements();
  llvm::Type* to = llvm::FixedVectorType::get(module_.i32(), count);
  llvm::Value* lanes = builder_.CreateIntrinsic(
      is_signed ? llvm::Intrinsic::fptosi_sat : llvm::Intrinsic::fptoui_sat, {to, value->getType()},
      {value});
  return count == 2 ? zero_extended(lanes) : lanes;
}

// The CPU gives the least integer for what does not fit: right but for what is too great, where all
// bits flip, and for NaN.
llvm::Value* FunctionEmitter::truncate_f32x4_signed(llvm::Value* value) {
  llvm::Value* integers = module_.vectors().truncate_signed(builder_, value);
  if (integers == nullptr) return convert_saturating(value, true);
  llvm::Value* too_great = lane_mask(builder_.CreateFCmpOGE(value, number(value, 0x1p31)));
  llvm::Value* is_number = lane_mask(builder_.CreateFCmpORD(value, value));
  return builder_.CreateAnd(builder_.CreateXor(integers, too_great), is_number);
}

// Less than 2^31 by the signed conversion; above, by that of the difference, whose top bit comes
// from the former, being the least integer. Too great a difference gives all the bits below it.
llvm::Value* FunctionEmitter::truncate_f32x4_unsigned(llvm::Value* value) {
  const CpuVectors& cpu = module_.vectors();
  llvm::Value* numbers = first_if_greater(value, number(value, 0.0));  // NaN is 0
  if (llvm::Value* done = cpu.truncate_unsigned(builder_, numbers)) return done;
  llvm::Value* low = cpu.truncate_signed(builder_, numbers);
  if (low == nullptr) return convert_saturating(value, false);
  llvm::Value* above = builder_.CreateFSub(numbers, number(value, 0x1p31));
  llvm::Value* too_great = lane_mask(builder_.CreateFCmpOGE(above, number(value, 0x1p31)));
  llvm::Value* high = builder_.CreateXor(cpu.truncate_signed(builder_, above), too_great);
  llvm::Value* is_high = builder_.CreateICmpSLT(low, llvm::Constant::getNullValue(low->getType()));
  return builder_.CreateOr(low, builder_.CreateAnd(high, lane_mask(is_high)));
}

// Bounded above first, NaN to 0; what is below the least integer converts to it.
llvm::Value* FunctionEmitter::truncate_f64x2_signed(llvm::Value* value) {
  llvm::Value* bound = builder_.CreateSelect(builder_.CreateFCmpORD(value, number(value, 0.0)),
                                             number(value, 0x7fff'ffff), number(value, 0.0));
  llvm::Value* bounded = first_if_less(value, bound);
  llvm::Value* done = module_.vectors().truncate_signed(builder_, bounded);
  return done != nullptr ? done : convert_saturating(value, true);
}

// A whole number added to 2^52 stands in the low bits of the sum.
llvm::Value* FunctionEmitter::truncate_f64x2_unsigned(llvm::Value* value) {
  const CpuVectors& cpu = module_.vectors();
  llvm::Value* numbers = first_if_greater(value, number(value, 0.0));  // NaN is 0
  if (llvm::Value* done = cpu.truncate_unsigned(builder_, numbers)) return done;
  if (!cpu.has_trunc()) return convert_saturating(value, false);
  llvm::Value* bounded = first_if_less(numbers, number(value, 0xffff'ffff));
  llvm::Value* whole = builder_.CreateUnaryIntrinsic(llvm::Intrinsic::trunc, bounded);
  llvm::Value* sum = builder_.CreateFAdd(whole, number(value, 0x1p52));
  llvm::Value* words = builder_.CreateBitCast(sum, module_.lanes(Shape::i32x4));
  return zero_extended(builder_.CreateShuffleVector(words, {0, 2}));
}

VECTOR_UNARY(i32x4_trunc_sat_f32x4_s, f32x4, truncate_f32x4_signed(value))
VECTOR_UNARY(i32x4_trunc_sat_f32x4_u, f32x4, truncate_f32x4_unsigned(value))
VECTOR_UNARY(i32x4_trunc_sat_f64x2_s_zero, f64x2, truncate_f64x2_signed(value))
VECTOR_UNARY(i32x4_trunc_sat_f64x2_u_zero, f64x2, truncate_f64x2_unsigned(value))

}  // namespace wasmedge::compile
