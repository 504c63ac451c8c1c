#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/compile/compile.h"
#include "runtime/run/context.h"
#include "runtime/wasm/module.h"

namespace wasmedge::compile {

/// What every partition wants to know of the module, worked out once and read by all threads.
struct Facts {
  Facts(const wasm::Module& module, const CompileOptions& options);

  const wasm::Module& module;
  Architecture target;  // these are as in CompileOptions
  bool metered;
  std::string cpu;
  run::ContextLayout layout;
  /// For a type index, the first equal one (wasm/type_canon.h); entry thunks are made for those
  /// only.
  std::vector<uint32_t> same_type;
  /// Whether a thunk is made for this type: some function has it. Indexed by type.
  std::vector<bool> needs_thunk;
  /// The expressions compiled to functions; their number is the `c` symbol's.
  std::vector<const wasm::ConstExpr*> expressions;
  /// Number of elements, for tables that nobody can grow.
  std::vector<std::optional<uint64_t>> fixed_table_size;
};

}  // namespace wasmedge::compile
