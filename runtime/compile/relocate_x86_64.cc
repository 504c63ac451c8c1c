#include <llvm/BinaryFormat/ELF.h>

#include "runtime/compile/relocate.h"

namespace wasmedge::compile {

Result<> relocate_x86_64(std::span<std::byte> place, const Reference& reference) {
  const auto distance = static_cast<uint64_t>(reference.distance());
  switch (reference.type) {
    case llvm::ELF::R_X86_64_PC32:
    case llvm::ELF::R_X86_64_PLT32:  // every callee is in the artifact
      if (!fits_signed(reference.distance(), 32))
        return too_far("the 2 GiB that an artifact can hold");
      return write_place(place, distance, 4);
    case llvm::ELF::R_X86_64_PC64:
      return write_place(place, distance, 8);
    default:
      return unknown_relocation(reference.type);
  }
}

}  // namespace wasmedge::compile
