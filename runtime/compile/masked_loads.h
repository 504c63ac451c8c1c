#pragma once

#include <llvm/IR/Function.h>

namespace wasmedge::compile {

/// A load that is an operand of a select must trap whichever operand is taken. CPUs with masks
/// (AVX-512) load for the lanes that are taken only, and LLVM makes one instruction of load,
/// arithmetic and select, even of volatile loads. So the value is frozen in between, which means
/// nothing else. The last step before code generation.
void unmask_loads(llvm::Function& function);

}  // namespace wasmedge::compile
