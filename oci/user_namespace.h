#pragma once

#include <sys/types.h>

#include "oci/spec.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// Writes linux.uidMappings and gidMappings of a process that stands in a new user namespace.
Result<> write_id_maps(pid_t pid, const Spec& spec);

/// Takes ids 0 of the user namespace that the caller is in. kPermissionDenied if 0 is not mapped.
Result<> become_root();

}  // namespace wasmedge::oci
