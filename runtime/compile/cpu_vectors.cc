#include "runtime/compile/cpu_vectors.h"

#include <llvm/IR/IntrinsicsAArch64.h>
#include <llvm/MC/MCSubtargetInfo.h>

// Which architecture it is, and the few instructions of those with few.
namespace wasmedge::compile {

CpuVectors::CpuVectors(const llvm::TargetMachine& machine) {
  switch (machine.getTargetTriple().getArch()) {
    case llvm::Triple::x86_64:
      find_x86_64(*machine.getMCSubtargetInfo());
      return;
    case llvm::Triple::aarch64:
      fma_ = neon_ = true;
      return;
    default:
      fma_ = true;  // riscv64, lane by lane
  }
}

llvm::Value* CpuVectors::swizzle(Builder& builder, llvm::Value* table, llvm::Value* indexes) const {
  if (!neon_) return nullptr;
  return builder.CreateIntrinsic(llvm::Intrinsic::aarch64_neon_tbl1, {table->getType()},
                                 {table, indexes});
}

}  // namespace wasmedge::compile
