#pragma once

#include <vector>

#include "oci/spec.h"
#include "runtime/base/fd.h"

namespace wasmedge::oci {

/// Where a file of a root filesystem made of layers comes from. `mounts` are those that made the
/// root; `file` is open below `root`. Returns the very same file in the lower layer that has it,
/// O_RDONLY; none if `mounts` are not one overlay, the file is on another filesystem, or it has
/// changed since: what a container changes is copied to its upper layer first, and gets another
/// ctime. To be called while the host's files can be reached and /proc is mounted.
Fd find_in_layers(const std::vector<Mount>& mounts, int root, int file);

}  // namespace wasmedge::oci
