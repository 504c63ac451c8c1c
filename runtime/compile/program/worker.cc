#include "runtime/compile/program/worker.h"

#include <llvm/Support/ErrorHandling.h>

#include "runtime/base/fd.h"
#include "runtime/compile/compile.h"
#include "runtime/compile/program/confine.h"
#include "runtime/wasm/module.h"

namespace wasmedge::compile {

Result<> compile_module(std::span<const std::byte> module, const cache::Sha256& sha256, int output,
                        unsigned threads) {
  llvm::install_bad_alloc_error_handler([](void*, const char*, bool) { end_out_of_memory(); });
  llvm::install_fatal_error_handler([](void*, const char* reason, bool) {
    end_fatal(fmt::format("the code generator failed: {}", reason));
  });
  TRY_ASSIGN(const wasm::Module decoded, wasm::decode(module));
  TRY(wasm::validate(decoded));
  CompileOptions options;
  options.threads = threads;
  options.module_sha256 = sha256;
  options.compiler_build = cache::compiler_build();
  TRY_ASSIGN(const auto artifact, compile(decoded, options));
  return write_all(output, artifact, "the artifact");
}

}  // namespace wasmedge::compile
