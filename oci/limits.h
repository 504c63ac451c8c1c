#pragma once

#include "oci/spec.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// process.rlimits, on the caller.
Result<> set_rlimits(const std::vector<Rlimit>& limits);

/// process.oomScoreAdj, on the caller, by the host's /proc. Inside a user namespace the kernel
/// refuses to lower it; there, and only there, that is let pass.
Result<> set_oom_score(const Spec& spec);

}  // namespace wasmedge::oci
