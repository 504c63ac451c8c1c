#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/base/result.h"

namespace wasmedge::compile {

/// Applies one ELF relocation to `place`, the bytes from its offset to its section's end: `at` is
/// the place's own address, `to` the symbol's. Addresses count from the start of the artifact, so
/// only PC-relative types make sense; any other is kInternal.
Result<> relocate_x86_64(std::span<std::byte> place, uint32_t type, uint64_t at, uint64_t to,
                         int64_t addend);

}  // namespace wasmedge::compile
