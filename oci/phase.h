#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/result.h"

/// The phases of a container's life, from containerd's first call to its last: as the log's lines,
/// the errors that users get, and the metrics call them.
namespace wasmedge::oci {

enum class Phase : uint8_t {
  kNone,
  kServe,     // the server's own: its socket, events, connections
  kCreate,    // the request itself, and all that has no phase of its own below
  kConfig,    // config.json is read
  kPolicy,    // the node's ceilings and the container's annotations
  kCgroup,    // the control group is made and limited
  kStreams,   // stdin, stdout, stderr; the logger
  kLaunch,    // the first process is cloned into its namespaces
  kRootfs,    // the root filesystem
  kMount,     // volumes and other mounts
  kFind,      // which program the entry point names
  kImage,     // the module of an image that is an OCI Wasm artifact
  kCompile,   // the module's artifact: from the cache, or compiled
  kHooks,     // the OCI hooks
  kSandbox,   // names, sysctls, masks, labels, pivot_root, Landlock
  kTerminal,  // the terminal
  kSeccomp,   // the system call filter
  kUser,      // limits, user, capabilities
  kLink,      // the module meets its imports and its memory
  kStart,     // the program is let go
  kRun,       // it runs
  kExec,      // further processes
  kDelete,    // clean-up
};
inline constexpr size_t kPhases = static_cast<size_t>(Phase::kDelete) + 1;

/// "compile"; "" for kNone.
std::string_view name_of(Phase phase);

/// Says where an error arose, unless that is said already: the innermost one knows best. It is the
/// message's beginning, "step mount: …", so that it goes wherever errors go.
Error in(Phase phase, Error error);
template <typename T>
Result<T> in(Phase phase, Result<T> result) {
  if (!result) result = tl::unexpected<Error>(in(phase, std::move(result).error()));
  return result;
}
/// kNone if nobody has said.
Phase phase_of(const Error& error);

/// What can be done about an error, by its phase, the errno whose text ends its message, and its
/// code (phase.cc has the table).
std::string_view hint_for(const Error& error);

/// The error as a user reads it: "step mount: mount /no at /data: No such file or directory; hint:
/// …".
Error explain(Error error);

}  // namespace wasmedge::oci
