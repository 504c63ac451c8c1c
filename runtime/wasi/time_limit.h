#pragma once

#include <chrono>
#include <string_view>

#include "runtime/base/result.h"

namespace wasmedge::wasi {

/// Lets the process live for `limit` from now. Then the guest ends with the trap "interrupted"; a
/// guest that is in a host function, waiting or not, ends with the process, which has a trap's
/// status and message all the same. Compiled code pays nothing for it. Uses SIGALRM. `denials`:
/// gets a line with `rule` when it happens (denials.h); -1: nobody.
Result<> limit_time(std::chrono::nanoseconds limit, int denials = -1, std::string_view rule = {});

}  // namespace wasmedge::wasi
