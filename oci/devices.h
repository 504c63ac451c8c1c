#pragma once

#include <string>
#include <vector>

#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// Fills the container's /dev: null, zero, full, random, urandom, tty, the spec's own devices, and
/// the customary links. Every node is verified to be the device it should be: what an image has
/// there may be something else. Where the kernel forbids mknod (user namespaces), the host's node
/// is bound. The caller's umask is 0.
Result<> make_devices(int root, const std::vector<Device>& devices);

/// A detached mount of the host's /dev/null, verified; for masking files.
Result<Fd> clone_null();

}  // namespace wasmedge::oci
