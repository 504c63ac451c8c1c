#pragma once

#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include "runtime/base/result.h"

namespace wasmedge::compile {

/// Runs the short pass pipeline over every function of `module`. False, and nothing usable left, if
/// the code in SSA form takes more than `phi_limit` phi operands: locals times joins, which costs
/// far more than its few bytes of wasm should.
bool optimise(llvm::Module& module, llvm::TargetMachine& machine, size_t phi_limit);

/// The ELF object of `module`.
Result<llvm::SmallVector<char, 0>> generate_object(llvm::Module& module,
                                                   llvm::TargetMachine& machine);

}  // namespace wasmedge::compile
