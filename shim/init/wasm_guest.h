#pragma once

#include <memory>

#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/run/artifact_file.h"
#include "runtime/wasi/config.h"
#include "shim/init/channel.h"
#include "shim/init/program.h"

/// A WebAssembly module as the container's program.
namespace wasmedge::init {

/// The module's artifact: from the cache (a directory, or none), otherwise the shim has it
/// compiled.
Result<std::shared_ptr<const run::Artifact>> obtain_artifact(const Program& program, Fd cache,
                                                             Channel& channel);

/// What the guest gets, from the spec; called inside the container (README.md, "What a module
/// sees"): arguments, environment, and as preopens the root at "/", each mounted directory at its
/// destination, and the working directory. Read-only where the spec says so.
Result<wasi::WasiConfig> wasi_config(const oci::Spec& spec);

}  // namespace wasmedge::init
