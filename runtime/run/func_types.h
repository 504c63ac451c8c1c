#pragma once

#include <cstdint>
#include <span>

#include "runtime/wasm/types.h"

namespace wasmedge::run {

/// The process-wide number of a function type: equal numbers <=> equal types (FuncRef::type,
/// Context's types). Never 0. Thread-safe.
uint64_t canonical_type(std::span<const wasm::ValueType> parameters,
                        std::span<const wasm::ValueType> results);

/// The function type that has this number; lives as long as the process.
const wasm::FuncType& func_type(uint64_t canonical);

}  // namespace wasmedge::run
