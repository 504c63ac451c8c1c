#include "runtime/compile/emit_simd.h"
#include "runtime/compile/function_emitter.h"

// Relaxed operations: of what the specification allows, that which is fastest on this CPU. Where
// the CPU has nothing faster it is the strict operation.
namespace wasmedge::compile {
namespace {

llvm::Value* or_else(llvm::Value* fast, llvm::function_ref<llvm::Value*()> strict) {
  return fast != nullptr ? fast : strict();
}

}  // namespace

void FunctionEmitter::i8x16_relaxed_swizzle(const wasm::NoImm&) {
  llvm::Value* indexes = pop_lanes(Shape::i8x16);
  llvm::Value* table = pop_lanes(Shape::i8x16);
  push_lanes(or_else(module_.vectors().look_up(builder_, table, indexes),
                     [&] { return swizzle_bytes(table, indexes); }));
}

VECTOR_UNARY(i32x4_relaxed_trunc_f32x4_s, f32x4,
             or_else(module_.vectors().truncate_signed(builder_, value),
                     [&] { return truncate_f32x4_signed(value); }))
VECTOR_UNARY(i32x4_relaxed_trunc_f32x4_u, f32x4,
             or_else(module_.vectors().truncate_unsigned(builder_, value),
                     [&] { return truncate_f32x4_unsigned(value); }))
VECTOR_UNARY(i32x4_relaxed_trunc_f64x2_s_zero, f64x2,
             or_else(module_.vectors().truncate_signed(builder_, value),
                     [&] { return truncate_f64x2_signed(value); }))
VECTOR_UNARY(i32x4_relaxed_trunc_f64x2_u_zero, f64x2,
             or_else(module_.vectors().truncate_unsigned(builder_, value),
                     [&] { return truncate_f64x2_unsigned(value); }))

// In one rounding where that is an instruction.
llvm::Value* FunctionEmitter::multiply_add(llvm::Value* left, llvm::Value* right,
                                           llvm::Value* sum) {
  if (!module_.vectors().has_fma()) {
    return arithmetic(llvm::Instruction::FAdd, arithmetic(llvm::Instruction::FMul, left, right),
                      sum);
  }
  return builder_.CreateIntrinsic(llvm::Intrinsic::fma, {left->getType()},
                                  {quieted_beside(right, left), quieted_beside(left, right), sum});
}
FLOATS(VECTOR_TERNARY, relaxed_madd, multiply_add(first, second, third))
FLOATS(VECTOR_TERNARY, relaxed_nmadd, multiply_add(builder_.CreateFNeg(first), second, third))

// By the top bits of lanes, or of bytes for want of an instruction for 16 bits; or by all bits.
llvm::Value* FunctionEmitter::lane_select(llvm::Value* ones, llvm::Value* zeros,
                                          llvm::Value* mask) {
  if (!module_.vectors().prefers_blend_by_top_bit()) return bit_select(ones, zeros, mask);
  llvm::Value* top = builder_.CreateICmpSLT(mask, llvm::Constant::getNullValue(mask->getType()));
  return builder_.CreateSelect(top, ones, zeros);
}
VECTOR_TERNARY(i8x16_relaxed_laneselect, i8x16, lane_select(first, second, third))
VECTOR_TERNARY(i16x8_relaxed_laneselect, i8x16, lane_select(first, second, third))
VECTOR_TERNARY(i32x4_relaxed_laneselect, i32x4, lane_select(first, second, third))
VECTOR_TERNARY(i64x2_relaxed_laneselect, i64x2, lane_select(first, second, third))

FLOATS(VECTOR_BINARY, relaxed_min, first_if_less(left, right))
FLOATS(VECTOR_BINARY, relaxed_max, first_if_greater(left, right))

VECTOR_BINARY(i16x8_relaxed_q15mulr_s, i16x8,
              or_else(module_.vectors().multiply_q15(builder_, left, right),
                      [&] { return multiply_q15_saturating(left, right); }))

// The right operand has seven bits, so that it may be taken for unsigned.
llvm::Value* FunctionEmitter::dot_bytes(llvm::Value* left, llvm::Value* right) {
  if (llvm::Value* done = module_.vectors().dot_u8_i8(builder_, right, left)) return done;
  llvm::Type* wide =
      llvm::VectorType::getExtendedElementVectorType(llvm::cast<llvm::VectorType>(left->getType()));
  llvm::Value* products =
      builder_.CreateMul(builder_.CreateSExt(left, wide), builder_.CreateSExt(right, wide));
  return builder_.CreateAdd(builder_.CreateShuffleVector(products, {0, 2, 4, 6, 8, 10, 12, 14}),
                            builder_.CreateShuffleVector(products, {1, 3, 5, 7, 9, 11, 13, 15}));
}
VECTOR_BINARY(i16x8_relaxed_dot_i8x16_i7x16_s, i8x16, dot_bytes(left, right))

void FunctionEmitter::i32x4_relaxed_dot_i8x16_i7x16_add_s(const wasm::NoImm&) {
  llvm::Value* sum = pop_lanes(Shape::i32x4);
  llvm::Value* right = pop_lanes(Shape::i8x16);
  llvm::Value* left = pop_lanes(Shape::i8x16);
  push_lanes(or_else(module_.vectors().dot_u8_i8_add(builder_, right, left, sum), [&] {
    return builder_.CreateAdd(add_pairs(dot_bytes(left, right), true), sum);
  }));
}

}  // namespace wasmedge::compile
