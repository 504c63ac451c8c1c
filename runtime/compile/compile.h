#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/architecture.h"
#include "runtime/base/result.h"
#include "runtime/wasm/module.h"

/// Validated module in, artifact (runtime/run/artifact.h) out, by way of LLVM. The only part of the
/// tree that links LLVM.
namespace wasmedge::compile {

enum class Quality : uint8_t {
  kBest,  // a short pass pipeline with the vectorisers, code generation at O2
  kNone,  // no passes, code generation at O0: for tests that want both shapes of code
};

struct CompileOptions {
  Quality quality = Quality::kBest;
  Architecture target = kThisArchitecture;
  unsigned threads = 1;                     // partitions compiled at the same time; at least 1
  std::array<uint8_t, 32> module_sha256{};  // of module.bytes; stands in the artifact
  std::string compiler_build;               // likewise; at most 63 bytes
};

/// The artifact's bytes, for target_cpu(target) (base/cpu.h). `module` must have passed
/// wasm::validate. Errors: kUnimplemented for a feature without code generation, kResourceExhausted
/// for a module whose code exceeds 2 GiB, kInternal for anything that LLVM answers unexpectedly.
/// Out-of-memory inside LLVM ends the process: run it in one of its own.
Result<std::vector<std::byte>> compile(const wasm::Module& module, const CompileOptions& options);

}  // namespace wasmedge::compile
