#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/run/context.h"
#include "runtime/wasm/types.h"

/// Calling a function of a library by what a command line can say.
namespace wasmedge::wasi {

/// Values of these types out of texts: i32 and i64 in decimal (with a sign, or up to the unsigned
/// maximum), f32 and f64 in decimal, inf or nan. kInvalidArgument: another number of texts, one
/// that is no such value, or a type that has no text.
Result<std::vector<run::Value>> parse_values(std::span<const wasm::ValueType> types,
                                             std::span<const std::string> texts);

/// A line for each value: integers are signed; what has no text is shown by its type.
std::string format_values(std::span<const wasm::ValueType> types,
                          std::span<const run::Value> values);

}  // namespace wasmedge::wasi
