#pragma once

#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include "runtime/base/result.h"
#include "runtime/compile/compile.h"

namespace wasmedge::compile {

/// Runs the pass pipeline over every function of `module`.
void optimise(llvm::Module& module, llvm::TargetMachine& machine, Quality quality);

/// The ELF object of `module`.
Result<llvm::SmallVector<char, 0>> generate_object(llvm::Module& module,
                                                   llvm::TargetMachine& machine);

}  // namespace wasmedge::compile
