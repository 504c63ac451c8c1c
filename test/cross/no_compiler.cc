#include "runtime/compile/compile.h"

// In place of the library that links LLVM, for programs that run what another machine compiled.
namespace wasmedge::compile {

Result<std::vector<std::byte>> compile(const wasm::Module&, const CompileOptions&) {
  return fail(ErrorCode::kInternal, "not in the cache, and this program cannot compile");
}

}  // namespace wasmedge::compile
