#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "runtime/base/result.h"

namespace wasmedge::oci {

/// Takes bytes, in order; an error ends their making.
using Sink = std::function<Result<>(std::string_view bytes)>;

/// The first `size` bytes of a file; kFailedPrecondition if it has fewer by now. `name` is for
/// messages.
Result<> read_into(const Sink& sink, int file, uint64_t size, std::string_view name);

}  // namespace wasmedge::oci
