#pragma once

#include <sys/types.h>

#include <span>

#include "runtime/base/result.h"
#include "runtime/compile/program/confine.h"

namespace wasmedge::compile {

/// Turns the calling process (one thread, a fresh child of `parent`) into the confined child that
/// confine.h describes; fds other than `keep` and stderr are closed. Irrevocable. Errors: a step
/// that the kernel refused; the caller must not go on then.
Result<> lock_down(const Bounds& bounds, std::span<const int> keep, pid_t parent);

/// Its last step: system calls by allow-list (seccomp_rule_add(3)); any other kills the process.
Result<> restrict_system_calls();

}  // namespace wasmedge::compile
