#pragma once

#include <cstddef>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/compile/compile.h"
#include "runtime/compile/facts.h"
#include "runtime/compile/image.h"
#include "runtime/compile/link.h"

namespace wasmedge::compile {

/// The artifact's bytes: header, `code` at the offsets it was linked for, image, and all that
/// instantiation reads of the module. Error: kResourceExhausted if names exceed 4 GiB together.
Result<std::vector<std::byte>> write_artifact(const Facts& facts, Linked code,
                                              const CompileOptions& options);

}  // namespace wasmedge::compile
