#pragma once

#include <chrono>

#include "runtime/base/result.h"

namespace wasmedge::cli {

/// Lets the process live for `limit` from now. Then the guest ends with the trap "interrupted"; a
/// guest that is in a host function, waiting or not, ends with the process, which has a trap's
/// status and message all the same. Compiled code pays nothing for it. Uses SIGALRM.
Result<> limit_time(std::chrono::nanoseconds limit);

}  // namespace wasmedge::cli
