#pragma once

#include "runtime/compile/symbols.h"

namespace wasmedge::compile {

/// Reads symbols.lines and symbols.files; see read_symbols().
void read_lines(const wasm::Module& module, Symbols& symbols);

}  // namespace wasmedge::compile
