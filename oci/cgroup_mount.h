#pragma once

#include "oci/mount_options.h"
#include "oci/spec.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// A mount of type "cgroup": the container's own group as the kernel shows it. Version 1: a tmpfs
/// with a directory for each hierarchy; version 2: one filesystem. Without a cgroup namespace it is
/// a bind mount of the caller's group.
Result<> mount_cgroup(int root, const Mount& mount, const MountOptions& options, const Spec& spec);

}  // namespace wasmedge::oci
