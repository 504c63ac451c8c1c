#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/Target/TargetMachine.h>

namespace wasmedge::compile {

/// Vector instructions of the CPU that LLVM's generic operations cannot say, or say in a way that
/// need not become the instruction. Values are <16 x i8>, <8 x i16>, <4 x i32>, <4 x float> or
/// <2 x double>. A member gives nullptr where the CPU has no such instruction: the emitter then
/// says it in generic operations. Another architecture is one more file of these.
class CpuVectors {
 public:
  using Builder = llvm::IRBuilder<>;

  explicit CpuVectors(const llvm::TargetMachine& machine);

  /// Whether llvm.fma is an instruction. It is a call of a library elsewhere, which is not there.
  bool has_fma() const { return fma_; }
  /// Whether llvm.trunc is, likewise.
  bool has_trunc() const { return sse41_; }
  /// Whether a blend by the top bits of lanes (or bytes) costs less than one by all bits.
  bool prefers_blend_by_top_bit() const { return sse41_ && !avx512_; }

  /// For each index, that byte of `table`; 0 if there is none.
  llvm::Value* swizzle(Builder& builder, llvm::Value* table, llvm::Value* indexes) const;
  /// For each index, that byte of `table`, by the index's low four bits; 0 if its top bit is set.
  llvm::Value* look_up(Builder& builder, llvm::Value* table, llvm::Value* indexes) const;
  /// Signed lanes of 16 or 32 bits to half as many bits, saturating as signed or as unsigned.
  llvm::Value* narrow(Builder& builder, llvm::Value* low, llvm::Value* high, bool is_signed) const;
  /// (left * right + 0x4000) >> 15 in signed lanes of 16 bits, the one overflow wraps.
  llvm::Value* multiply_q15(Builder& builder, llvm::Value* left, llvm::Value* right) const;
  /// Sums of two neighbouring products: <8 x i16> by <8 x i16> to <4 x i32>; the one overflow
  /// wraps.
  llvm::Value* dot_i16(Builder& builder, llvm::Value* left, llvm::Value* right) const;
  /// Sums of two neighbouring products, saturating: unsigned by signed <16 x i8> to <8 x i16>.
  llvm::Value* dot_u8_i8(Builder& builder, llvm::Value* left, llvm::Value* right) const;
  /// Sums of four neighbouring products and a lane of <4 x i32>: unsigned by signed <16 x i8>.
  llvm::Value* dot_u8_i8_add(Builder& builder, llvm::Value* left, llvm::Value* right,
                             llvm::Value* sum) const;
  /// Floats towards zero to <4 x i32>, whose upper lanes are 0 for doubles. What does not fit gives
  /// the least integer (signed) or the greatest (unsigned).
  llvm::Value* truncate_signed(Builder& builder, llvm::Value* value) const;
  llvm::Value* truncate_unsigned(Builder& builder, llvm::Value* value) const;
  /// The first operand where it is less (greater) than the second, else the second.
  llvm::Value* first_if_less(Builder& builder, llvm::Value* first, llvm::Value* second) const;
  llvm::Value* first_if_greater(Builder& builder, llvm::Value* first, llvm::Value* second) const;
  /// The lesser or greater of numbers, -0 below +0; if one is no number, any value.
  llvm::Value* min_of_numbers(Builder& builder, llvm::Value* left, llvm::Value* right) const;
  llvm::Value* max_of_numbers(Builder& builder, llvm::Value* left, llvm::Value* right) const;

 private:
  void find_x86_64(const llvm::MCSubtargetInfo& cpu);

  bool sse2_ = false;
  bool ssse3_ = false;
  bool sse41_ = false;
  bool fma_ = false;
  bool avx512_ = false;  // F, VL and DQ
  bool vnni_ = false;
  bool neon_ = false;
};

}  // namespace wasmedge::compile
