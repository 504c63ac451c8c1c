#include "runtime/compile/target.h"

#include <llvm/ADT/StringMap.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/SubtargetFeature.h>

#include <iterator>
#include <mutex>

namespace wasmedge::compile {
namespace {

constexpr const char* kTriple = "x86_64-unknown-linux-gnu";

void register_target() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    // Code generation merges equal ends of blocks, and heeds `nomerge` for calls only: the `ud1`s
    // of several checks would become one, and a trap could not tell where it was.
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

}  // namespace

Result<std::unique_ptr<llvm::TargetMachine>> host_machine(Quality quality, const std::string& cpu) {
  register_target();
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(kTriple, error);
  if (target == nullptr) {
    return fail(ErrorCode::kInternal, "no code generator for {}: {}", kTriple, error);
  }
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  options.EmitAddrsig = false;
  const llvm::CodeGenOptLevel level =
      quality == Quality::kBest ? llvm::CodeGenOptLevel::Default : llvm::CodeGenOptLevel::None;
  const std::string name = cpu.empty() ? llvm::sys::getHostCPUName().str() : cpu;
  std::unique_ptr<llvm::TargetMachine> machine(
      target->createTargetMachine(kTriple, name, cpu.empty() ? host_features() : "", options,
                                  llvm::Reloc::PIC_, llvm::CodeModel::Small, level));
  if (!machine) {
    return fail(ErrorCode::kInternal, "no code generator for CPU {} of {}", name, kTriple);
  }
  return machine;
}

}  // namespace wasmedge::compile
