#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "runtime/base/architecture.h"
#include "runtime/base/result.h"

namespace wasmedge::compile {

/// What an ELF relocation is about. Addresses count from the start of the artifact, which is mapped
/// to a page: only differences of them and offsets in a page make sense.
struct Reference {
  uint32_t type = 0;
  uint64_t from = 0;  // the address that a relative one counts from
  uint64_t to = 0;    // the symbol's address and the addend

  int64_t distance() const { return static_cast<int64_t>(to - from); }
};

/// Applies one to `place`, the bytes from its offset to its section's end. Errors: kInternal for a
/// type that the code generator should not have used, kResourceExhausted for a distance that is too
/// far for it.
using Relocate = Result<> (*)(std::span<std::byte> place, const Reference& reference);

/// One file an architecture: relocate_<arch>.cc.
Result<> relocate_x86_64(std::span<std::byte> place, const Reference& reference);
Result<> relocate_aarch64(std::span<std::byte> place, const Reference& reference);
Result<> relocate_riscv64(std::span<std::byte> place, const Reference& reference);

Relocate relocate_for(Architecture architecture);

// What they are made of.

tl::unexpected<Error> unknown_relocation(uint32_t type);
/// `what` is code, and how much of it fits: "code is larger than the 2 GiB".
tl::unexpected<Error> too_far(std::string_view limit);

/// Reads and writes `bytes` of `place`, which must have as many.
Result<uint64_t> read_place(std::span<const std::byte> place, size_t bytes);
Result<> write_place(std::span<std::byte> place, uint64_t value, size_t bytes);

/// Whether `value` is an integer of `bits` bits with a sign.
constexpr bool fits_signed(int64_t value, unsigned bits) {
  const int64_t half = int64_t{1} << (bits - 1);
  return value >= -half && value < half;
}

}  // namespace wasmedge::compile
