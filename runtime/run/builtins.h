#pragma once

#include "runtime/run/context.h"

namespace wasmedge::run {

/// What every Context::builtins points to.
extern const Builtins kBuiltins;

}  // namespace wasmedge::run
