#include "runtime/compile/program/worker.h"

#include <llvm/Support/ErrorHandling.h>

#include "runtime/base/fd.h"
#include "runtime/compile/compile.h"
#include "runtime/compile/emit_text.h"
#include "runtime/compile/program/confine.h"
#include "runtime/wasm/module.h"

namespace wasmedge::compile {

namespace {

Result<> make_artifact(const WorkerJob& job) {
  TRY_ASSIGN(const wasm::Module module, wasm::decode(job.module));
  TRY(wasm::validate(module));
  CompileOptions options;
  options.threads = job.threads;
  options.target = job.target;
  options.module_sha256 = job.sha256;
  options.compiler_build = cache::compiler_build();
  options.metered = job.metered;
  options.symbols = job.symbols;
  if (job.form != Form::kObject) {
    TRY_ASSIGN(const std::string text, emit_text(module, options, job.form, job.function));
    return write_all(job.output, text, "the text");
  }
  TRY_ASSIGN(const auto artifact, compile(module, options));
  return write_all(job.output, artifact, "the artifact");
}

}  // namespace

Result<> compile_module(const WorkerJob& job) {
  std::string name = job.name;
  llvm::install_bad_alloc_error_handler([](void*, const char*, bool) { end_out_of_memory(); });
  llvm::install_fatal_error_handler(
      [](void* module, const char* reason, bool) {
        end_fatal(fmt::format("{}: the code generator failed: {}",
                              *static_cast<const std::string*>(module), reason));
      },
      &name);
  if (auto done = make_artifact(job); !done) return wrap(done.error(), name);
  return {};
}

Result<> write_symbols(const WorkerJob& job) {
  llvm::install_bad_alloc_error_handler([](void*, const char*, bool) { end_out_of_memory(); });
  TRY_ASSIGN(const wasm::Module module, wasm::decode(job.module));
  TRY(wasm::validate(module));
  return write_all(job.output, encode_symbols(read_symbols(module)), "names and lines");
}

}  // namespace wasmedge::compile
