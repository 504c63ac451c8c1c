#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/run/context.h"
#include "runtime/wasm/types.h"

namespace wasmedge::spec {

/// An argument of an action ({"type": "i32", "value": "7"}) as the guest takes it. An external
/// reference's number n becomes a host pointer that is not null. Errors: a type or a value that is
/// none.
Result<run::Value> parse_argument(const nlohmann::json& argument);

/// Whether `value`, of the type that the function's signature says, is what a script expects: exact
/// bits, or a class of NaN, or a kind of reference. Error: what is there instead.
Result<> check_result(const nlohmann::json& expected, const wasm::ValueType& type,
                      const run::Value& value);

}  // namespace wasmedge::spec
