#pragma once

#include <functional>
#include <string_view>

#include "shim/policy/policy.h"

/// Single settings, as annotations and ceilings have them in common.
namespace wasmedge::policy {

/// Sets what `key` ("memory", "network", …) stands for from its text. `name` is the setting's full
/// name for messages. kNotFound: there is no such setting.
Result<> set(Policy& policy, std::string_view key, std::string_view name, std::string_view text,
             bool annotation);

/// "network, preopens, …": those there are.
std::string known_settings(bool annotation);

/// Reads a ceiling's settings as wasmedge::read_settings() does, but for what engines keep in the
/// same table for themselves.
Result<> read_settings(const Ceiling& ceiling,
                       const std::function<Result<>(std::string_view key, std::string_view name,
                                                    std::string_view value)>& use);

/// Takes away from `policy` whatever is above `ceiling`. kInvalidArgument: `policy` is a
/// container's, and asks for more.
Result<> narrow(Policy& policy, Policy ceiling, bool of_container);

/// "64 MiB", "1.5 s": for messages.
std::string show_bytes(uint64_t bytes);
std::string show_time(uint64_t nanoseconds);

}  // namespace wasmedge::policy
