#include <llvm/BinaryFormat/ELF.h>

#include "runtime/compile/relocate.h"

// A distance of 32 bits is put together from an `auipc` with the upper 20, rounded, and an
// instruction with the lower 12, which have a sign.
namespace wasmedge::compile {
namespace {

constexpr std::string_view kReach = "the 2 GiB that an artifact can hold";

Result<> put_bits(std::span<std::byte> place, uint32_t mask, uint32_t bits) {
  TRY_ASSIGN(const uint64_t instruction, read_place(place, 4));
  return write_place(place, (instruction & ~uint64_t{mask}) | bits, 4);
}

Result<> put_upper(std::span<std::byte> place, int64_t distance) {
  if (!fits_signed(distance + 0x800, 32)) return too_far(kReach);
  return put_bits(place, 0xffff'f000, static_cast<uint32_t>(distance + 0x800) & 0xffff'f000);
}

// Instructions that load or add have the immediate in one piece...
Result<> put_lower(std::span<std::byte> place, int64_t distance) {
  return put_bits(place, 0xfff0'0000, static_cast<uint32_t>(distance) << 20);
}

// ... and those that store, in two.
Result<> put_lower_of_store(std::span<std::byte> place, int64_t distance) {
  const auto bits = static_cast<uint32_t>(distance);
  return put_bits(place, 0xfe00'0f80, (bits & 0xfe0) << 20 | (bits & 0x1f) << 7);
}

// `auipc` and `jalr` behind it.
Result<> put_call(std::span<std::byte> place, int64_t distance) {
  TRY(read_place(place, 8));
  TRY(put_upper(place, distance));
  return put_lower(place.subspan(4), distance);
}

Result<> add(std::span<std::byte> place, uint64_t value) {
  TRY_ASSIGN(const uint64_t before, read_place(place, 4));
  return write_place(place, before + value, 4);
}

}  // namespace

Result<> relocate_riscv64(std::span<std::byte> place, const Reference& reference) {
  const int64_t distance = reference.distance();
  switch (reference.type) {
    case llvm::ELF::R_RISCV_CALL:
    case llvm::ELF::R_RISCV_CALL_PLT:  // every callee is in the artifact
      return put_call(place, distance);
    case llvm::ELF::R_RISCV_PCREL_HI20:
      return put_upper(place, distance);
    case llvm::ELF::R_RISCV_PCREL_LO12_I:
      return put_lower(place, distance);
    case llvm::ELF::R_RISCV_PCREL_LO12_S:
      return put_lower_of_store(place, distance);
    case llvm::ELF::R_RISCV_32_PCREL:
      if (!fits_signed(distance, 32)) return too_far(kReach);
      return write_place(place, static_cast<uint64_t>(distance), 4);
    // A difference of two symbols is two relocations.
    case llvm::ELF::R_RISCV_ADD32:
      return add(place, reference.to);
    case llvm::ELF::R_RISCV_SUB32:
      return add(place, -reference.to);
    default:
      return unknown_relocation(reference.type);
  }
}

}  // namespace wasmedge::compile
