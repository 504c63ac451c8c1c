#pragma once

#include "oci/json_fields.h"
#include "oci/spec.h"

namespace wasmedge::oci {

void read_fields(json::Object& object, IdMapping& mapping);

/// The `linux` object, whose fields stand in Spec itself.
void read_linux(json::Object& object, Spec& spec);
void read_fields(json::Object& object, Resources& resources);

}  // namespace wasmedge::oci
