#pragma once

#include <string_view>
#include <vector>

/// What config.json can name, and the parsers of spec.h know.
namespace wasmedge::oci {

/// The versions of the specification that parse_spec() goes by.
inline constexpr std::string_view kOldestSpec = "1.0.0", kNewestSpec = "1.2.0";

/// The points of a container's life that have hooks.
std::vector<std::string_view> hook_names();
/// The kinds of namespaces.
std::vector<std::string_view> namespace_names();

}  // namespace wasmedge::oci
