#pragma once

#include "runtime/base/result.h"
#include "runtime/wasm/module.h"
#include "runtime/wasm/type_canon.h"

namespace wasmedge::wasm {

/// The module's types (spec: type sections): references within reach, declared supertypes that are
/// open and matched. Numbers them in `types`, which has none yet.
Result<> validate_types(const Module& module, ModuleTypes& types);

/// Whether `type` names a type of the module, if it names one.
inline bool is_known(const Module& module, const ValueType& type) {
  return !type.is_concrete() || type.index < module.types.size();
}

}  // namespace wasmedge::wasm
