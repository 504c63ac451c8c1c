#pragma once

#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Triple.h>

#include <memory>

#include "runtime/base/architecture.h"
#include "runtime/base/result.h"
#include "runtime/compile/compile.h"

namespace wasmedge::compile {

/// A code generator for target_cpu(architecture) (base/cpu.h), or for the CPU of that architecture
/// that is named (CompileOptions::cpu): position-independent, strict floating point. Each thread
/// makes its own.
Result<std::unique_ptr<llvm::TargetMachine>> target_machine(Architecture architecture,
                                                            Quality quality,
                                                            const std::string& cpu = {});

/// Which of ours LLVM means. One that is none of ours has no code generator here.
Architecture architecture_of(llvm::Triple::ArchType architecture);

}  // namespace wasmedge::compile
