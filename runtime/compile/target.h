#pragma once

#include <llvm/Target/TargetMachine.h>

#include <memory>

#include "runtime/base/result.h"
#include "runtime/compile/compile.h"

namespace wasmedge::compile {

/// A code generator for this machine's CPU or the one named (CompileOptions::cpu):
/// position-independent, strict floating point. Each thread makes its own.
Result<std::unique_ptr<llvm::TargetMachine>> host_machine(Quality quality,
                                                          const std::string& cpu = {});

}  // namespace wasmedge::compile
