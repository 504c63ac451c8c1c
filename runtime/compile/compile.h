#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/architecture.h"
#include "runtime/base/result.h"
#include "runtime/compile/symbols.h"
#include "runtime/wasm/module.h"

/// Validated module in, artifact (runtime/run/artifact.h) out, by way of LLVM. The only part of the
/// tree that links LLVM.
namespace wasmedge::compile {

enum class Quality : uint8_t {
  kBest,  // a short pass pipeline with the vectorisers, code generation at O2
  kNone,  // no passes, code generation at O0: for tests that want both shapes of code
};

/// What the code generator is asked for: an ELF object, or text to look at.
enum class Form : uint8_t { kObject, kAssembly, kIr };

struct CompileOptions {
  Quality quality = Quality::kBest;
  Architecture target = kThisArchitecture;
  bool metered = false;                     // code uses up fuel (run::Store::set_fuel)
  unsigned threads = 1;                     // partitions compiled at the same time; at least 1
  std::array<uint8_t, 32> module_sha256{};  // of module.bytes; stands in the artifact
  std::string compiler_build;               // likewise; at most 63 bytes
  Symbols symbols{};                        // for messages
  /// LLVM's name of another CPU, all of whose instructions this machine has ("x86-64-v2"), for
  /// tests of the code for it; empty: this machine's.
  std::string cpu{};
};

/// The artifact's bytes, for target_cpu(target) (base/cpu.h). `module` must have passed
/// wasm::validate. Errors: kUnimplemented for a feature without code generation, kResourceExhausted
/// for a module whose code exceeds 2 GiB, kInternal for anything that LLVM answers unexpectedly.
/// Out-of-memory inside LLVM ends the process: run it in one of its own.
Result<std::vector<std::byte>> compile(const wasm::Module& module, const CompileOptions& options);

}  // namespace wasmedge::compile
