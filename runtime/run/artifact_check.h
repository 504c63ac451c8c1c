#pragma once

#include <cstddef>
#include <span>

#include "runtime/base/architecture.h"
#include "runtime/base/result.h"
#include "runtime/run/artifact.h"

namespace wasmedge::run {

/// Checks every offset, count, index and kind in an artifact against the file and against each
/// other, so that nobody else has to. The error names the field: "exports[3].index: 9 is not below
/// 5".
/// `target` is what its code is for. Precondition: `file` holds a whole header, page-aligned in
/// memory.
Result<> check_artifact(std::span<const std::byte> file, Architecture target);

bool is_reference(const ArtifactType& type);

}  // namespace wasmedge::run
