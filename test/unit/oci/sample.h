#pragma once

#include <nlohmann/json.hpp>

namespace wasmedge::oci {

/// A config.json that uses every field we read, of the shape that container engines write.
nlohmann::json sample_config();

}  // namespace wasmedge::oci
