#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/wasm/type_canon.h"

namespace wasmedge::run {

/// The process-wide number of a function type that is a recursion group of its own and final, as
/// host functions' are: equal numbers <=> equal types (FuncRef::type, Context's types). Never 0.
/// Concrete references in it are numbers, too. Thread-safe, as all below.
uint64_t canonical_type(std::span<const wasm::ValueType> parameters,
                        std::span<const wasm::ValueType> results);
/// The number of a group's first type; the others' follow.
uint64_t canonical_group(std::vector<wasm::GroupMember> group);

/// The function type that has this number; lives as long as the process.
const wasm::FuncType& func_type(uint64_t canonical);

/// Whether a function of type `type` may be used as one of type `of`: it is the same, or declared
/// below it.
bool is_subtype(uint64_t type, uint64_t of);
/// Spec: value type matching; concrete references are numbers.
bool matches(const wasm::ValueType& found, const wasm::ValueType& wanted);

}  // namespace wasmedge::run
