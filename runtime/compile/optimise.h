#pragma once

#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include "runtime/base/result.h"
#include "runtime/compile/compile.h"

namespace wasmedge::compile {

/// Runs the short pass pipeline over every function of `module`. False, and nothing usable left, if
/// the code in SSA form takes more than `phi_limit` phi operands: locals times joins, which costs
/// far more than its few bytes of wasm should.
bool optimise(llvm::Module& module, llvm::TargetMachine& machine, size_t phi_limit);

/// `module` as an ELF object, or as text to look at.
Result<llvm::SmallVector<char, 0>> generate(llvm::Module& module, llvm::TargetMachine& machine,
                                            Form form);

}  // namespace wasmedge::compile
