#pragma once

#include <map>
#include <string>

#include "runtime/base/result.h"
#include "shim/init/program.h"

namespace wasmedge::init {

/// Holds a container to what it says in the annotations by which crun and others choose a handler.
/// `run.oci.handler` (wasm, or the name of an engine for it) and `module.wasm.image/variant=compat`
/// say that its program is a module: a native one is kInvalidArgument, unless it is a pod's
/// sandbox. With `compat-smart`, and without any, its content says what it is. Any other value asks
/// for what is not here, and is kInvalidArgument too.
Result<> check_handler(const std::map<std::string, std::string>& annotations,
                       const Program& program);

}  // namespace wasmedge::init
