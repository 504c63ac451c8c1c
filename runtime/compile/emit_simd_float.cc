#include "runtime/compile/emit_simd.h"
#include "runtime/compile/function_emitter.h"

// Float lanes: the rules of emit_float.cc hold for each.
namespace wasmedge::compile {

FLOATS(VECTOR_UNARY, abs, builder_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, value))
FLOATS(VECTOR_UNARY, neg, builder_.CreateFNeg(value))
FLOATS(VECTOR_UNARY, ceil, rounded(llvm::Intrinsic::ceil, value))
FLOATS(VECTOR_UNARY, floor, rounded(llvm::Intrinsic::floor, value))
FLOATS(VECTOR_UNARY, trunc, rounded(llvm::Intrinsic::trunc, value))
FLOATS(VECTOR_UNARY, nearest, rounded(llvm::Intrinsic::roundeven, value))
FLOATS(VECTOR_UNARY, sqrt, builder_.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, value))

FLOATS(VECTOR_BINARY, add, arithmetic(llvm::Instruction::FAdd, left, right))
FLOATS(VECTOR_BINARY, sub, arithmetic(llvm::Instruction::FSub, left, right))
FLOATS(VECTOR_BINARY, mul, arithmetic(llvm::Instruction::FMul, left, right))
FLOATS(VECTOR_BINARY, div, arithmetic(llvm::Instruction::FDiv, left, right))

FLOATS(VECTOR_BINARY, eq, lane_mask(builder_.CreateFCmpOEQ(left, right)))
FLOATS(VECTOR_BINARY, ne, lane_mask(builder_.CreateFCmpUNE(left, right)))
FLOATS(VECTOR_BINARY, lt, lane_mask(builder_.CreateFCmpOLT(left, right)))
FLOATS(VECTOR_BINARY, gt, lane_mask(builder_.CreateFCmpOGT(left, right)))
FLOATS(VECTOR_BINARY, le, lane_mask(builder_.CreateFCmpOLE(left, right)))
FLOATS(VECTOR_BINARY, ge, lane_mask(builder_.CreateFCmpOGE(left, right)))

llvm::Value* FunctionEmitter::first_if_less(llvm::Value* first, llvm::Value* second) {
  llvm::Value* done = module_.vectors().first_if_less(builder_, first, second);
  if (done != nullptr) return done;
  return builder_.CreateSelect(builder_.CreateFCmpOLT(first, second), first, second);
}
llvm::Value* FunctionEmitter::first_if_greater(llvm::Value* first, llvm::Value* second) {
  llvm::Value* done = module_.vectors().first_if_greater(builder_, first, second);
  if (done != nullptr) return done;
  return builder_.CreateSelect(builder_.CreateFCmpOGT(first, second), first, second);
}
FLOATS(VECTOR_BINARY, pmin, first_if_less(right, left))
FLOATS(VECTOR_BINARY, pmax, first_if_greater(right, left))

// Either order gives the same, but for two zeros: -0 has all the bits that either has, +0 none that
// either lacks.
llvm::Value* FunctionEmitter::min_of_numbers(llvm::Value* left, llvm::Value* right) {
  if (llvm::Value* done = module_.vectors().min_of_numbers(builder_, left, right)) return done;
  return combine_bits(llvm::Instruction::Or, first_if_less(left, right),
                      first_if_less(right, left));
}
llvm::Value* FunctionEmitter::max_of_numbers(llvm::Value* left, llvm::Value* right) {
  if (llvm::Value* done = module_.vectors().max_of_numbers(builder_, left, right)) return done;
  return combine_bits(llvm::Instruction::And, first_if_greater(left, right),
                      first_if_greater(right, left));
}
llvm::Value* FunctionEmitter::combine_bits(llvm::Instruction::BinaryOps op, llvm::Value* left,
                                           llvm::Value* right) {
  llvm::Type* bits = module_.lanes(Shape::i64x2);
  return builder_.CreateBitCast(builder_.CreateBinOp(op, builder_.CreateBitCast(left, bits),
                                                     builder_.CreateBitCast(right, bits)),
                                left->getType());
}

// Where an operand is no number, the sum is a quiet NaN.
llvm::Value* FunctionEmitter::or_nan(llvm::Value* of_numbers, llvm::Value* left,
                                     llvm::Value* right) {
  llvm::Value* is_nan = builder_.CreateFCmpUNO(left, right);
  return builder_.CreateSelect(is_nan, arithmetic(llvm::Instruction::FAdd, left, right),
                               of_numbers);
}
FLOATS(VECTOR_BINARY, min, or_nan(min_of_numbers(left, right), left, right))
FLOATS(VECTOR_BINARY, max, or_nan(max_of_numbers(left, right), left, right))

}  // namespace wasmedge::compile
