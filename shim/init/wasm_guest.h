#pragma once

#include <memory>

#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/run/artifact_file.h"
#include "runtime/wasi/config.h"
#include "shim/init/channel.h"
#include "shim/init/program.h"
#include "shim/policy/given.h"

/// A WebAssembly module as the container's program.
namespace wasmedge::init {

/// Why an artifact can be trusted.
enum class Vouching {
  kByOwner,  // it is root's; the cache can be searched
  kByShim,   // it comes from there: in a user namespace root looks like nobody
};

/// The module's artifact: from the cache (a directory, or none), otherwise the shim has it
/// compiled. `metered`: code that uses up fuel.
Result<std::shared_ptr<const run::Artifact>> obtain_artifact(const Program& program, Fd cache,
                                                             Vouching vouching, Channel& channel,
                                                             bool metered);

/// What the guest gets, from the spec; called inside the container (README.md, "What a module
/// sees"): arguments, environment, and as preopens the root at "/", each mounted directory at its
/// destination, and the working directory, or those that the policy names. Read-only where the spec
/// or the policy says so. `directories` is as policy::given_directories() gives it; what is no
/// directory here is taken out of it.
Result<wasi::WasiConfig> wasi_config(const oci::Spec& spec, const policy::Policy& policy,
                                     std::vector<policy::Given>& directories);

}  // namespace wasmedge::init
