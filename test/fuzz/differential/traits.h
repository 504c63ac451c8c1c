#pragma once

#include "runtime/wasm/module.h"

namespace wasmedge::fuzz {

/// What of a module decides how much of it can be compared.
struct Traits {
  bool has_loops = false;
  bool is_relaxed = false;  // uses relaxed SIMD
};

/// `module` must be valid.
Traits traits_of(const wasm::Module& module);

}  // namespace wasmedge::fuzz
