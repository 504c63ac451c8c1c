#pragma once

#include <cstdint>

namespace wasmedge::run {

/// [at, at + count) lies within [0, size), whatever the operands.
constexpr bool in_range(uint64_t at, uint64_t count, uint64_t size) {
  return at <= size && count <= size - at;
}

}  // namespace wasmedge::run
