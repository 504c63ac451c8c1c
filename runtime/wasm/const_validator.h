#pragma once

#include "runtime/wasm/function_validator.h"
#include "runtime/wasm/module.h"

namespace wasmedge::wasm {

/// What an expression belongs to, for messages: "global 3", whose entry stands at offset `at`.
struct Item {
  std::string_view what;
  size_t index;
  uint32_t at;
};

/// Constant expressions (spec: constant expressions, with those of extended-const): only constant
/// instructions, only immutable globals that are initialised by then; and well typed.
class ConstValidator {
 public:
  ConstValidator(const Module& module, FunctionValidator& functions)
      : module_(module), functions_(functions) {}

  /// `globals`: how many of the module's globals, from the first, it may refer to.
  Result<> check(const ConstExpr& expr, size_t globals, const Item& item);

 private:
  const Module& module_;
  FunctionValidator& functions_;
};

}  // namespace wasmedge::wasm
