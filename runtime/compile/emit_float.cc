#include "runtime/compile/function_emitter.h"

// IEEE arithmetic in round-to-nearest. LLVM's default floating point takes a signalling NaN for a
// quiet one, so what it may fold to one of its operands gets the operand quieted first.
namespace wasmedge::compile {
namespace {

// x + -0, x - 0, x * 1, x / 1 and the like, which LLVM folds to x or -x. A lane is enough: LLVM may
// take the operation apart.
bool may_vanish(const llvm::Value* operand) {
  if (const auto* constant = llvm::dyn_cast<llvm::ConstantFP>(operand)) {
    return constant->isZero() || constant->isExactlyValue(1.0) || constant->isExactlyValue(-1.0);
  }
  const auto* type = llvm::dyn_cast<llvm::FixedVectorType>(operand->getType());
  const auto* lanes = llvm::dyn_cast<llvm::Constant>(operand);
  if (type == nullptr || lanes == nullptr) return false;
  for (unsigned i = 0; i < type->getNumElements(); ++i) {
    // An expression (a constant of other lanes) does not tell.
    const llvm::Constant* lane = lanes->getAggregateElement(i);
    if (lane == nullptr || may_vanish(lane)) return true;
  }
  return false;
}

}  // namespace

// The value, a signalling NaN made quiet by its highest fraction bit.
llvm::Value* FunctionEmitter::quieted(llvm::Value* value) {
  if (llvm::isa<llvm::Constant>(value)) return value;
  const bool is_f32 = value->getType()->getScalarType()->isFloatTy();
  llvm::Type* integer = value->getType()->getWithNewType(is_f32 ? module_.i32() : module_.i64());
  llvm::Value* bits = builder_.CreateBitCast(value, integer);
  llvm::Value* quiet =
      builder_.CreateOr(bits, llvm::ConstantInt::get(integer, uint64_t{1} << (is_f32 ? 22 : 51)));
  llvm::Value* is_nan = builder_.CreateFCmpUNO(value, value);
  return builder_.CreateBitCast(builder_.CreateSelect(is_nan, quiet, bits), value->getType());
}

// Beside an operand that lets the operation vanish.
llvm::Value* FunctionEmitter::quieted_beside(const llvm::Value* other, llvm::Value* value) {
  return may_vanish(other) ? quieted(value) : value;
}

llvm::Value* FunctionEmitter::arithmetic(llvm::Instruction::BinaryOps op, llvm::Value* left,
                                         llvm::Value* right) {
  return builder_.CreateBinOp(op, quieted_beside(right, left), quieted_beside(left, right));
}

void FunctionEmitter::float_arithmetic(llvm::Instruction::BinaryOps op) {
  llvm::Value* right = pop();
  llvm::Value* left = pop();
  push(arithmetic(op, left, right));
}

void FunctionEmitter::float_unary(llvm::Intrinsic::ID intrinsic) {
  push(builder_.CreateUnaryIntrinsic(intrinsic, pop()));
}

// riscv64 has no instruction for it: LLVM converts to an integer and back, but not what is no
// number, which it hands through.
llvm::Value* FunctionEmitter::rounded(llvm::Intrinsic::ID intrinsic, llvm::Value* value) {
  const bool may_hand_through = module_.facts().target == Architecture::kRiscv64;
  return builder_.CreateUnaryIntrinsic(intrinsic, may_hand_through ? quieted(value) : value);
}

// llvm.minimum and llvm.maximum may hand a signalling NaN through: the sum quiets it. On numbers
// they do what Wasm wants, -0 < +0 included.
void FunctionEmitter::min_max(llvm::Intrinsic::ID intrinsic) {
  llvm::Value* right = pop();
  llvm::Value* left = pop();
  llvm::Value* of_numbers = builder_.CreateBinaryIntrinsic(intrinsic, left, right);
  if (auto* call = llvm::dyn_cast<llvm::CallInst>(of_numbers)) call->setHasNoNaNs(true);
  llvm::Value* is_nan = builder_.CreateFCmpUNO(left, right);
  push(builder_.CreateSelect(is_nan, arithmetic(llvm::Instruction::FAdd, left, right), of_numbers));
}

void FunctionEmitter::f32_const(const wasm::F32Imm& imm) {
  push(llvm::ConstantFP::get(
      module_.context(), llvm::APFloat(llvm::APFloat::IEEEsingle(), llvm::APInt(32, imm.bits))));
}

void FunctionEmitter::f64_const(const wasm::F64Imm& imm) {
  push(llvm::ConstantFP::get(
      module_.context(), llvm::APFloat(llvm::APFloat::IEEEdouble(), llvm::APInt(64, imm.bits))));
}

#define BOTH(id, statement)                            \
  void FunctionEmitter::f32_##id(const wasm::NoImm&) { \
    statement;                                         \
  }                                                    \
  void FunctionEmitter::f64_##id(const wasm::NoImm&) { \
    statement;                                         \
  }
BOTH(eq, compare(llvm::CmpInst::FCMP_OEQ))
BOTH(ne, compare(llvm::CmpInst::FCMP_UNE))
BOTH(lt, compare(llvm::CmpInst::FCMP_OLT))
BOTH(gt, compare(llvm::CmpInst::FCMP_OGT))
BOTH(le, compare(llvm::CmpInst::FCMP_OLE))
BOTH(ge, compare(llvm::CmpInst::FCMP_OGE))
BOTH(abs, float_unary(llvm::Intrinsic::fabs))
BOTH(neg, push(builder_.CreateFNeg(pop())))
BOTH(ceil, push(rounded(llvm::Intrinsic::ceil, pop())))
BOTH(floor, push(rounded(llvm::Intrinsic::floor, pop())))
BOTH(trunc, push(rounded(llvm::Intrinsic::trunc, pop())))
BOTH(nearest, push(rounded(llvm::Intrinsic::roundeven, pop())))
BOTH(sqrt, float_unary(llvm::Intrinsic::sqrt))
BOTH(add, float_arithmetic(llvm::Instruction::FAdd))
BOTH(sub, float_arithmetic(llvm::Instruction::FSub))
BOTH(mul, float_arithmetic(llvm::Instruction::FMul))
BOTH(div, float_arithmetic(llvm::Instruction::FDiv))
BOTH(min, min_max(llvm::Intrinsic::minimum))
BOTH(max, min_max(llvm::Intrinsic::maximum))
#undef BOTH

#define COPYSIGN(id)                                                                  \
  void FunctionEmitter::id(const wasm::NoImm&) {                                      \
    llvm::Value* sign = pop();                                                        \
    llvm::Value* magnitude = pop();                                                   \
    push(builder_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, magnitude, sign)); \
  }
COPYSIGN(f32_copysign)
COPYSIGN(f64_copysign)
#undef COPYSIGN

}  // namespace wasmedge::compile
