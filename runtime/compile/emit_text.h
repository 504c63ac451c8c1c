#pragma once

#include <string>

#include "runtime/compile/compile.h"

namespace wasmedge::compile {

/// The LLVM IR that code generation begins with (Form::kIr; after optimisation), or the assembly
/// that it ends with, of the module or of one function. `function` is an index or a name, empty for
/// all. Each function is labelled with its index, name and module offset. Errors: as compile(), and
/// kNotFound for a function that is not there, or is imported.
Result<std::string> emit_text(const wasm::Module& module, const CompileOptions& options, Form form,
                              const std::string& function);

}  // namespace wasmedge::compile
