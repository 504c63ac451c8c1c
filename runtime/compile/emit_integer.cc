#include "runtime/compile/function_emitter.h"

namespace wasmedge::compile {

void FunctionEmitter::compare(llvm::CmpInst::Predicate predicate) {
  llvm::Value* right = pop();
  llvm::Value* left = pop();
  push(builder_.CreateZExt(builder_.CreateCmp(predicate, left, right), module_.i32()));
}

// LLVM's division is undefined for a zero divisor and for overflow: both are traps before it.
void FunctionEmitter::divide_unsigned() {
  llvm::Value* divisor = pop();
  llvm::Value* dividend = pop();
  trap_if(builder_.CreateIsNull(divisor), run::TrapCode::kIntegerDivideByZero);
  push(builder_.CreateUDiv(dividend, divisor));
}

void FunctionEmitter::divide_signed() {
  llvm::Value* divisor = pop();
  llvm::Value* dividend = pop();
  llvm::Type* type = divisor->getType();
  trap_if(builder_.CreateIsNull(divisor), run::TrapCode::kIntegerDivideByZero);
  llvm::Value* least =
      llvm::ConstantInt::get(type, llvm::APInt::getSignedMinValue(type->getIntegerBitWidth()));
  trap_if(builder_.CreateAnd(builder_.CreateICmpEQ(dividend, least),
                             builder_.CreateICmpEQ(divisor, llvm::Constant::getAllOnesValue(type))),
          run::TrapCode::kIntegerOverflow);
  push(builder_.CreateSDiv(dividend, divisor));
}

void FunctionEmitter::remainder_unsigned() {
  llvm::Value* divisor = pop();
  llvm::Value* dividend = pop();
  trap_if(builder_.CreateIsNull(divisor), run::TrapCode::kIntegerDivideByZero);
  push(builder_.CreateURem(dividend, divisor));
}

// The remainder by -1 is 0, as by 1, but cannot overflow by 1.
void FunctionEmitter::remainder_signed() {
  llvm::Value* divisor = pop();
  llvm::Value* dividend = pop();
  llvm::Type* type = divisor->getType();
  trap_if(builder_.CreateIsNull(divisor), run::TrapCode::kIntegerDivideByZero);
  llvm::Value* minus_one = builder_.CreateICmpEQ(divisor, llvm::Constant::getAllOnesValue(type));
  push(builder_.CreateSRem(
      dividend, builder_.CreateSelect(minus_one, llvm::ConstantInt::get(type, 1), divisor)));
}

// Modulo the width; more is poison to LLVM.
llvm::Value* FunctionEmitter::shift_amount(llvm::Value* amount) {
  const unsigned width = amount->getType()->getIntegerBitWidth();
  return builder_.CreateAnd(amount, llvm::ConstantInt::get(amount->getType(), width - 1));
}

// A funnel shift of a value with itself; it takes its amount modulo the width.
void FunctionEmitter::rotate(llvm::Intrinsic::ID direction) {
  llvm::Value* amount = pop();
  llvm::Value* value = pop();
  push(builder_.CreateIntrinsic(direction, {value->getType()}, {value, value, amount}));
}

void FunctionEmitter::count_bits(llvm::Intrinsic::ID intrinsic) {
  llvm::Value* value = pop();
  if (intrinsic == llvm::Intrinsic::ctpop) {
    push(builder_.CreateUnaryIntrinsic(intrinsic, value));
    return;
  }
  push(builder_.CreateBinaryIntrinsic(intrinsic, value, builder_.getFalse()));  // 0 is defined
}

void FunctionEmitter::sign_extend(llvm::Type* from) {
  llvm::Value* value = pop();
  push(builder_.CreateSExt(builder_.CreateTrunc(value, from), value->getType()));
}

void FunctionEmitter::i32_const(const wasm::I32Imm& imm) {
  push(builder_.getInt32(static_cast<uint32_t>(imm.value)));
}

void FunctionEmitter::i64_const(const wasm::I64Imm& imm) {
  push(builder_.getInt64(static_cast<uint64_t>(imm.value)));
}

#define COMPARE(id, predicate)                         \
  void FunctionEmitter::i32_##id(const wasm::NoImm&) { \
    compare(llvm::CmpInst::ICMP_##predicate);          \
  }                                                    \
  void FunctionEmitter::i64_##id(const wasm::NoImm&) { \
    compare(llvm::CmpInst::ICMP_##predicate);          \
  }
COMPARE(eq, EQ)
COMPARE(ne, NE)
COMPARE(lt_s, SLT)
COMPARE(lt_u, ULT)
COMPARE(gt_s, SGT)
COMPARE(gt_u, UGT)
COMPARE(le_s, SLE)
COMPARE(le_u, ULE)
COMPARE(ge_s, SGE)
COMPARE(ge_u, UGE)
#undef COMPARE

// Both widths; `expression` is a value of left and right.
#define BINARY(id, expression)                         \
  void FunctionEmitter::i32_##id(const wasm::NoImm&) { \
    llvm::Value* right = pop();                        \
    llvm::Value* left = pop();                         \
    push(builder_.expression);                         \
  }                                                    \
  void FunctionEmitter::i64_##id(const wasm::NoImm&) { \
    llvm::Value* right = pop();                        \
    llvm::Value* left = pop();                         \
    push(builder_.expression);                         \
  }
BINARY(add, CreateAdd(left, right))
BINARY(sub, CreateSub(left, right))
BINARY(mul, CreateMul(left, right))
BINARY(and, CreateAnd(left, right))
BINARY(or, CreateOr(left, right))
BINARY(xor, CreateXor(left, right))
BINARY(shl, CreateShl(left, shift_amount(right)))
BINARY(shr_s, CreateAShr(left, shift_amount(right)))
BINARY(shr_u, CreateLShr(left, shift_amount(right)))
#undef BINARY

#define BOTH(id, statement)                            \
  void FunctionEmitter::i32_##id(const wasm::NoImm&) { \
    statement;                                         \
  }                                                    \
  void FunctionEmitter::i64_##id(const wasm::NoImm&) { \
    statement;                                         \
  }
BOTH(eqz, push(builder_.CreateZExt(builder_.CreateIsNull(pop()), module_.i32())))
BOTH(div_s, divide_signed())
BOTH(div_u, divide_unsigned())
BOTH(rem_s, remainder_signed())
BOTH(rem_u, remainder_unsigned())
BOTH(rotl, rotate(llvm::Intrinsic::fshl))
BOTH(rotr, rotate(llvm::Intrinsic::fshr))
BOTH(clz, count_bits(llvm::Intrinsic::ctlz))
BOTH(ctz, count_bits(llvm::Intrinsic::cttz))
BOTH(popcnt, count_bits(llvm::Intrinsic::ctpop))
BOTH(extend8_s, sign_extend(builder_.getInt8Ty()))
BOTH(extend16_s, sign_extend(builder_.getInt16Ty()))
#undef BOTH

void FunctionEmitter::i64_extend32_s(const wasm::NoImm&) {
  sign_extend(builder_.getInt32Ty());
}

// 128 bits are two operands, the low half first.
llvm::Value* FunctionEmitter::pop_wide() {
  llvm::Value* high = builder_.CreateZExt(pop(), builder_.getInt128Ty());
  llvm::Value* low = builder_.CreateZExt(pop(), builder_.getInt128Ty());
  return builder_.CreateOr(builder_.CreateShl(high, 64), low);
}

void FunctionEmitter::push_wide(llvm::Value* value) {
  push(builder_.CreateTrunc(value, module_.i64()));
  push(builder_.CreateTrunc(builder_.CreateLShr(value, 64), module_.i64()));
}

void FunctionEmitter::i64_add128(const wasm::NoImm&) {
  llvm::Value* right = pop_wide();
  push_wide(builder_.CreateAdd(pop_wide(), right));
}

void FunctionEmitter::i64_sub128(const wasm::NoImm&) {
  llvm::Value* right = pop_wide();
  push_wide(builder_.CreateSub(pop_wide(), right));
}

void FunctionEmitter::i64_mul_wide_s(const wasm::NoImm&) {
  llvm::Value* right = builder_.CreateSExt(pop(), builder_.getInt128Ty());
  push_wide(builder_.CreateMul(builder_.CreateSExt(pop(), builder_.getInt128Ty()), right));
}

void FunctionEmitter::i64_mul_wide_u(const wasm::NoImm&) {
  llvm::Value* right = builder_.CreateZExt(pop(), builder_.getInt128Ty());
  push_wide(builder_.CreateMul(builder_.CreateZExt(pop(), builder_.getInt128Ty()), right));
}

}  // namespace wasmedge::compile
