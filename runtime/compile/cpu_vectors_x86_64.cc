#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/MC/MCSubtargetInfo.h>

#include "runtime/compile/cpu_vectors.h"

namespace wasmedge::compile {
namespace {

using Builder = CpuVectors::Builder;

llvm::Value* intrinsic(Builder& builder, llvm::Intrinsic::ID id,
                       llvm::ArrayRef<llvm::Value*> arguments) {
  return builder.CreateIntrinsic(id, {}, arguments);
}

/// One of two for <4 x float> and <2 x double>.
llvm::Intrinsic::ID of_float(llvm::Value* value, llvm::Intrinsic::ID f32, llvm::Intrinsic::ID f64) {
  return value->getType()->getScalarType()->isFloatTy() ? f32 : f64;
}

llvm::Value* range(Builder& builder, llvm::Value* left, llvm::Value* right, bool is_max) {
  // Bits of the operation: which of the two, and that the result has its own sign.
  constexpr uint32_t kMax = 1;
  constexpr uint32_t kOwnSign = 1 << 2;
  const llvm::Intrinsic::ID id = of_float(left, llvm::Intrinsic::x86_avx512_mask_range_ps_128,
                                          llvm::Intrinsic::x86_avx512_mask_range_pd_128);
  return intrinsic(
      builder, id,
      {left, right, builder.getInt32(kOwnSign | (is_max ? kMax : 0)), left, builder.getInt8(0xff)});
}

}  // namespace

void CpuVectors::find_x86_64(const llvm::MCSubtargetInfo& cpu) {
  sse2_ = cpu.checkFeatures("+sse2");
  ssse3_ = cpu.checkFeatures("+ssse3");
  sse41_ = cpu.checkFeatures("+sse4.1");
  fma_ = cpu.checkFeatures("+fma");
  avx512_ = cpu.checkFeatures("+avx512vl,+avx512dq");
  vnni_ = cpu.checkFeatures("+avx512vl,+avx512vnni") || cpu.checkFeatures("+avxvnni");
}

llvm::Value* CpuVectors::look_up(Builder& builder, llvm::Value* table, llvm::Value* indexes) const {
  if (!ssse3_) return nullptr;
  return intrinsic(builder, llvm::Intrinsic::x86_ssse3_pshuf_b_128, {table, indexes});
}

llvm::Value* CpuVectors::narrow(Builder& builder, llvm::Value* low, llvm::Value* high,
                                bool is_signed) const {
  const bool is_i16 = low->getType()->getScalarSizeInBits() == 16;
  if (!sse2_ || (!is_i16 && !is_signed && !sse41_)) return nullptr;
  using namespace llvm::Intrinsic;
  const ID of_i16 = is_signed ? x86_sse2_packsswb_128 : x86_sse2_packuswb_128;
  const ID of_i32 = is_signed ? x86_sse2_packssdw_128 : x86_sse41_packusdw;
  return intrinsic(builder, is_i16 ? of_i16 : of_i32, {low, high});
}

llvm::Value* CpuVectors::multiply_q15(Builder& builder, llvm::Value* left,
                                      llvm::Value* right) const {
  if (!ssse3_) return nullptr;
  return intrinsic(builder, llvm::Intrinsic::x86_ssse3_pmul_hr_sw_128, {left, right});
}

llvm::Value* CpuVectors::dot_i16(Builder& builder, llvm::Value* left, llvm::Value* right) const {
  if (!sse2_) return nullptr;
  return intrinsic(builder, llvm::Intrinsic::x86_sse2_pmadd_wd, {left, right});
}

llvm::Value* CpuVectors::dot_u8_i8(Builder& builder, llvm::Value* left, llvm::Value* right) const {
  if (!ssse3_) return nullptr;
  return intrinsic(builder, llvm::Intrinsic::x86_ssse3_pmadd_ub_sw_128, {left, right});
}

llvm::Value* CpuVectors::dot_u8_i8_add(Builder& builder, llvm::Value* left, llvm::Value* right,
                                       llvm::Value* sum) const {
  if (!vnni_) return nullptr;
  const auto words = [&](llvm::Value* bytes) {
    return builder.CreateBitCast(bytes, sum->getType());
  };
  return intrinsic(builder, llvm::Intrinsic::x86_avx512_vpdpbusd_128,
                   {sum, words(left), words(right)});
}

llvm::Value* CpuVectors::truncate_signed(Builder& builder, llvm::Value* value) const {
  if (!sse2_) return nullptr;
  return intrinsic(
      builder,
      of_float(value, llvm::Intrinsic::x86_sse2_cvttps2dq, llvm::Intrinsic::x86_sse2_cvttpd2dq),
      {value});
}

llvm::Value* CpuVectors::truncate_unsigned(Builder& builder, llvm::Value* value) const {
  if (!avx512_) return nullptr;
  llvm::Value* zeros =
      llvm::Constant::getNullValue(llvm::FixedVectorType::get(builder.getInt32Ty(), 4));
  return intrinsic(builder,
                   of_float(value, llvm::Intrinsic::x86_avx512_mask_cvttps2udq_128,
                            llvm::Intrinsic::x86_avx512_mask_cvttpd2udq_128),
                   {value, zeros, builder.getInt8(0xff)});
}

llvm::Value* CpuVectors::first_if_less(Builder& builder, llvm::Value* first,
                                       llvm::Value* second) const {
  if (!sse2_) return nullptr;
  return intrinsic(
      builder, of_float(first, llvm::Intrinsic::x86_sse_min_ps, llvm::Intrinsic::x86_sse2_min_pd),
      {first, second});
}

llvm::Value* CpuVectors::first_if_greater(Builder& builder, llvm::Value* first,
                                          llvm::Value* second) const {
  if (!sse2_) return nullptr;
  return intrinsic(
      builder, of_float(first, llvm::Intrinsic::x86_sse_max_ps, llvm::Intrinsic::x86_sse2_max_pd),
      {first, second});
}

llvm::Value* CpuVectors::min_of_numbers(Builder& builder, llvm::Value* left,
                                        llvm::Value* right) const {
  return avx512_ ? range(builder, left, right, /*is_max=*/false) : nullptr;
}

llvm::Value* CpuVectors::max_of_numbers(Builder& builder, llvm::Value* left,
                                        llvm::Value* right) const {
  return avx512_ ? range(builder, left, right, /*is_max=*/true) : nullptr;
}

}  // namespace wasmedge::compile
