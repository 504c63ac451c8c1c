#pragma once

#include <map>
#include <string>

#include "oci/spec.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// linux.sysctl: only settings that belong to a namespace which the container has of its own (a
/// pod's counts); any other would change the host, and is kPermissionDenied. Uses the /proc of the
/// caller, so it comes before pivot_root.
Result<> set_sysctls(const Spec& spec);

}  // namespace wasmedge::oci
