#include "runtime/compile/function_emitter.h"

namespace wasmedge::compile {
namespace {

// The open interval of floats whose truncation fits an integer, as far as the float can tell: the
// lower bound is excluded, or (`at_least`) included where the next lower integer has no float.
struct TruncationRange {
  double low = 0;
  bool at_least = false;
  double high = 0;
};

TruncationRange truncation_range(unsigned width, bool is_signed, bool from_f32) {
  if (!is_signed) return {.low = -1.0, .at_least = false, .high = width == 32 ? 0x1p32 : 0x1p64};
  if (width == 64) return {.low = -0x1p63, .at_least = true, .high = 0x1p63};
  if (from_f32) return {.low = -0x1p31, .at_least = true, .high = 0x1p31};
  return {.low = -0x1p31 - 1, .at_least = false, .high = 0x1p31};
}

}  // namespace

// LLVM's conversion is poison out of range, so the range is checked first.
void FunctionEmitter::truncate(llvm::Type* to, bool is_signed) {
  llvm::Value* value = pop();
  llvm::Type* from = value->getType();
  const TruncationRange range =
      truncation_range(to->getIntegerBitWidth(), is_signed, from->isFloatTy());
  trap_if(builder_.CreateFCmpUNO(value, value), run::TrapCode::kInvalidConversion);
  llvm::Value* low = llvm::ConstantFP::get(from, range.low);
  llvm::Value* too_low =
      range.at_least ? builder_.CreateFCmpOLT(value, low) : builder_.CreateFCmpOLE(value, low);
  llvm::Value* too_high = builder_.CreateFCmpOGE(value, llvm::ConstantFP::get(from, range.high));
  trap_if(builder_.CreateOr(too_low, too_high), run::TrapCode::kIntegerOverflow);
  push(is_signed ? builder_.CreateFPToSI(value, to) : builder_.CreateFPToUI(value, to));
}

void FunctionEmitter::truncate_saturating(llvm::Type* to, bool is_signed) {
  llvm::Value* value = pop();
  push(builder_.CreateIntrinsic(
      is_signed ? llvm::Intrinsic::fptosi_sat : llvm::Intrinsic::fptoui_sat, {to, value->getType()},
      {value}));
}

void FunctionEmitter::cast(llvm::Instruction::CastOps op, llvm::Type* to) {
  push(builder_.CreateCast(op, pop(), to));
}

// LLVM folds a demoted promotion to its operand, which must still come out as a quiet NaN.
void FunctionEmitter::f32_demote_f64(const wasm::NoImm&) {
  llvm::Value* value = pop();
  if (auto* promoted = llvm::dyn_cast<llvm::FPExtInst>(value)) {
    push(quieted(promoted->getOperand(0)));
    return;
  }
  push(builder_.CreateFPTrunc(value, builder_.getFloatTy()));
}

#define TRUNCATE(id, to, from)                                          \
  void FunctionEmitter::id##_trunc_##from##_s(const wasm::NoImm&) {     \
    truncate(to, true);                                                 \
  }                                                                     \
  void FunctionEmitter::id##_trunc_##from##_u(const wasm::NoImm&) {     \
    truncate(to, false);                                                \
  }                                                                     \
  void FunctionEmitter::id##_trunc_sat_##from##_s(const wasm::NoImm&) { \
    truncate_saturating(to, true);                                      \
  }                                                                     \
  void FunctionEmitter::id##_trunc_sat_##from##_u(const wasm::NoImm&) { \
    truncate_saturating(to, false);                                     \
  }
TRUNCATE(i32, module_.i32(), f32)
TRUNCATE(i32, module_.i32(), f64)
TRUNCATE(i64, module_.i64(), f32)
TRUNCATE(i64, module_.i64(), f64)
#undef TRUNCATE

#define CAST(id, op, to)                         \
  void FunctionEmitter::id(const wasm::NoImm&) { \
    cast(llvm::Instruction::op, to);             \
  }
CAST(i32_wrap_i64, Trunc, module_.i32())
CAST(i64_extend_i32_s, SExt, module_.i64())
CAST(i64_extend_i32_u, ZExt, module_.i64())
CAST(f32_convert_i32_s, SIToFP, builder_.getFloatTy())
CAST(f32_convert_i32_u, UIToFP, builder_.getFloatTy())
CAST(f32_convert_i64_s, SIToFP, builder_.getFloatTy())
CAST(f32_convert_i64_u, UIToFP, builder_.getFloatTy())
CAST(f64_convert_i32_s, SIToFP, builder_.getDoubleTy())
CAST(f64_convert_i32_u, UIToFP, builder_.getDoubleTy())
CAST(f64_convert_i64_s, SIToFP, builder_.getDoubleTy())
CAST(f64_convert_i64_u, UIToFP, builder_.getDoubleTy())
CAST(f64_promote_f32, FPExt, builder_.getDoubleTy())
CAST(i32_reinterpret_f32, BitCast, module_.i32())
CAST(i64_reinterpret_f64, BitCast, module_.i64())
CAST(f32_reinterpret_i32, BitCast, builder_.getFloatTy())
CAST(f64_reinterpret_i64, BitCast, builder_.getDoubleTy())
#undef CAST

}  // namespace wasmedge::compile
