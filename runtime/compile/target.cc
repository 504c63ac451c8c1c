#include "runtime/compile/target.h"

#include <llvm/ADT/StringMap.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/SubtargetFeature.h>

#include <iterator>
#include <mutex>

#include "runtime/run/convention.h"

namespace wasmedge::compile {
namespace {

void register_targets() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeRISCVTargetInfo();
    LLVMInitializeRISCVTarget();
    LLVMInitializeRISCVTargetMC();
    LLVMInitializeRISCVAsmPrinter();
    LLVMInitializeRISCVAsmParser();  // for trap instructions
    // Code generation merges equal ends of blocks, and heeds `nomerge` for calls only: the trap
    // instructions of several checks would become one, and a trap could not tell where it was.
    // One pass is quadratic in the uses of a value (2 KB of wasm can keep it busy for minutes), all
    // for AVX-512 masks.
    // One makes a branch of a conditional move from memory, and the load, volatile or not, is made
    // on one side only: an access of the guest would not trap.
    // A pair of lanes that is put together and taken apart again has to pay: two lanes of SHA-256
    // do not, by LLVM's own estimate only just.
    const char* const options[] = {
        "wasmedge", "-enable-tail-merge=false", "-disable-x86-domain-reassignment",
        "-x86-cmov-converter-force-mem-operand=false", "-slp-threshold=3"};
    llvm::cl::ParseCommandLineOptions(std::size(options), options);
  });
}

std::string host_features() {
  llvm::SubtargetFeatures features;
  for (const auto& [name, enabled] : llvm::sys::getHostCPUFeatures()) {
    features.AddFeature(name, enabled);
  }
  return features.getString();
}

/// What LLVM calls an architecture of ours, and the CPU of target_cpu().
struct Description {
  const char* triple;
  std::string cpu;
  std::string features;
  const char* abi;  // empty: the triple says it
  llvm::CodeModel::Model model;
};

Description describe(Architecture architecture) {
  switch (architecture) {
    case Architecture::kX86_64:
      return {"x86_64-unknown-linux-gnu", llvm::sys::getHostCPUName().str(), host_features(), "",
              llvm::CodeModel::Small};
    case Architecture::kAarch64:
      return {"aarch64-unknown-linux-gnu", "generic", "+v8a,+neon", "", llvm::CodeModel::Small};
    case Architecture::kRiscv64:
      break;
  }
  // Linux lets every program access memory at any address; without the feature, LLVM would do it
  // byte by byte, and a store could trap halfway. The linker relaxes nothing.
  return {"riscv64-unknown-linux-gnu", "generic-rv64",
          "+m,+a,+f,+d,+c,+zicsr,+unaligned-scalar-mem,-relax", "lp64d", llvm::CodeModel::Medium};
}

}  // namespace

Result<std::unique_ptr<llvm::TargetMachine>> target_machine(Architecture architecture,
                                                            Quality quality,
                                                            const std::string& cpu) {
  register_targets();
  Description description = describe(architecture);
  if (!cpu.empty()) {
    description.cpu = cpu;
    description.features.clear();
  }
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(description.triple, error);
  if (target == nullptr) {
    return fail(ErrorCode::kInternal, "no code generator for {}: {}", description.triple, error);
  }
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  options.EmitAddrsig = false;
  options.MCOptions.ABIName = description.abi;
  options.EmitStackSizeSection = run::unprobed_frame_bytes(architecture) != 0;
  const llvm::CodeGenOptLevel level =
      quality == Quality::kBest ? llvm::CodeGenOptLevel::Default : llvm::CodeGenOptLevel::None;
  std::unique_ptr<llvm::TargetMachine> machine(
      target->createTargetMachine(description.triple, description.cpu, description.features,
                                  options, llvm::Reloc::PIC_, description.model, level));
  if (!machine) {
    return fail(ErrorCode::kInternal, "no code generator for CPU {} of {}", description.cpu,
                description.triple);
  }
  machine->setGlobalISel(false);  // aarch64's without optimisation: one selector is enough
  return machine;
}

Architecture architecture_of(llvm::Triple::ArchType architecture) {
  switch (architecture) {
    case llvm::Triple::aarch64:
      return Architecture::kAarch64;
    case llvm::Triple::riscv64:
      return Architecture::kRiscv64;
    default:
      return Architecture::kX86_64;
  }
}

}  // namespace wasmedge::compile
