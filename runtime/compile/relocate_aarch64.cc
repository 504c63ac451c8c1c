#include <llvm/BinaryFormat/ELF.h>

#include "runtime/compile/relocate.h"

// Instructions are words; an immediate replaces what the assembler left as zeros.
namespace wasmedge::compile {
namespace {

Result<> put_bits(std::span<std::byte> place, uint32_t bits) {
  TRY_ASSIGN(const uint64_t instruction, read_place(place, 4));
  return write_place(place, instruction | bits, 4);
}

// `bl`, `b`: words, 26 bits.
Result<> put_branch(std::span<std::byte> place, int64_t distance) {
  if (!fits_signed(distance, 28)) return too_far("the 128 MiB that calls reach on aarch64");
  return put_bits(place, static_cast<uint32_t>(distance >> 2) & 0x03ff'ffff);
}

// `adrp`: pages, 21 bits, the lowest two apart.
Result<> put_page(std::span<std::byte> place, const Reference& reference) {
  const int64_t pages =
      static_cast<int64_t>(reference.to >> 12) - static_cast<int64_t>(reference.from >> 12);
  if (!fits_signed(pages, 21)) return too_far("the 4 GiB that constants can be away");
  const auto bits = static_cast<uint32_t>(pages);
  return put_bits(place, (bits & 3) << 29 | ((bits >> 2) & 0x7'ffff) << 5);
}

// The place in the page, for an access of 1 << `scale` bytes.
Result<> put_offset(std::span<std::byte> place, uint64_t to, unsigned scale) {
  const auto offset = static_cast<uint32_t>(to & 0xfff);
  if ((offset & ((1U << scale) - 1)) != 0) {
    return fail(ErrorCode::kInternal, "object of the code generator: a constant is not aligned");
  }
  return put_bits(place, (offset >> scale) << 10);
}

}  // namespace

Result<> relocate_aarch64(std::span<std::byte> place, const Reference& reference) {
  const int64_t distance = reference.distance();
  switch (reference.type) {
    case llvm::ELF::R_AARCH64_CALL26:
    case llvm::ELF::R_AARCH64_JUMP26:
      return put_branch(place, distance);
    case llvm::ELF::R_AARCH64_ADR_PREL_PG_HI21:
      return put_page(place, reference);
    case llvm::ELF::R_AARCH64_ADD_ABS_LO12_NC:
    case llvm::ELF::R_AARCH64_LDST8_ABS_LO12_NC:
      return put_offset(place, reference.to, 0);
    case llvm::ELF::R_AARCH64_LDST16_ABS_LO12_NC:
      return put_offset(place, reference.to, 1);
    case llvm::ELF::R_AARCH64_LDST32_ABS_LO12_NC:
      return put_offset(place, reference.to, 2);
    case llvm::ELF::R_AARCH64_LDST64_ABS_LO12_NC:
      return put_offset(place, reference.to, 3);
    case llvm::ELF::R_AARCH64_LDST128_ABS_LO12_NC:
      return put_offset(place, reference.to, 4);
    case llvm::ELF::R_AARCH64_PREL32:
      if (!fits_signed(distance, 32)) return too_far("the 2 GiB that an artifact can hold");
      return write_place(place, static_cast<uint64_t>(distance), 4);
    case llvm::ELF::R_AARCH64_PREL64:
      return write_place(place, static_cast<uint64_t>(distance), 8);
    default:
      return unknown_relocation(reference.type);
  }
}

}  // namespace wasmedge::compile
