#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace wasmedge::oci {

/// linux.maskedPaths: files are covered with /dev/null, directories with an empty read-only
/// filesystem. Paths that the container does not have are left out.
Result<> mask_paths(int root, const std::vector<std::string>& paths);

/// linux.readonlyPaths: each, with all below it, is bound onto itself read-only.
Result<> make_paths_readonly(int root, const std::vector<std::string>& paths);

}  // namespace wasmedge::oci
