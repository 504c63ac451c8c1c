#pragma once

#include "oci/json_fields.h"
#include "oci/spec.h"

namespace wasmedge::oci {

/// The `linux` object, whose fields stand in Spec itself.
void read_linux(json::Object& object, Spec& spec);

}  // namespace wasmedge::oci
