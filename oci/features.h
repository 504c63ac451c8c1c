#pragma once

#include <string>

namespace wasmedge::oci {

/// What of the OCI runtime specification this folder does, as the specification's own document
/// (features.md, features-linux.md): JSON, made of the tables that the parsers go by.
std::string features_json();

}  // namespace wasmedge::oci
