#pragma once

#include <vector>

#include "proto/common.pb.h"
#include "runtime/base/result.h"
#include "shim/policy/policy.h"

namespace wasmedge::task {

/// The file that binds every module on this node, if it is there. Whoever may choose a runtime may
/// also choose one without options (Docker by `--runtime=io.containerd.wasmedge.v1`), so options
/// alone bind nobody there. WASMEDGE_POLICY in containerd's environment names another file.
inline constexpr char kNodePolicy[] = "/etc/wasmedge/policy.toml";

/// The type of those options that say something.
inline constexpr char kRuntimeOptions[] = "runtimeoptions.v1.Options";

/// What this node allows a module at most: its own file, and what the runtime's options say, as
/// containerd or Docker send them with Create. Errors: a file that is named and cannot be read;
/// options of a type that is not known.
Result<std::vector<policy::Ceiling>> ceilings_of(const proto::Any& options);

}  // namespace wasmedge::task
