#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "runtime/base/result.h"
#include "runtime/cache/key.h"

namespace wasmedge::compile {

/// What the confined child does: decode, validate, compile, and write the artifact to `output`.
/// `threads`: how many to compile with.
Result<> compile_module(std::span<const std::byte> module, const cache::Sha256& sha256, int output,
                        unsigned threads);

}  // namespace wasmedge::compile
