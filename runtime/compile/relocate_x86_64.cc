#include <llvm/BinaryFormat/ELF.h>

#include <cstring>
#include <limits>

#include "runtime/compile/relocate.h"

namespace wasmedge::compile {
namespace {

template <typename Int>
Result<> put(std::span<std::byte> place, int64_t value) {
  if (place.size() < sizeof(Int)) {
    return fail(ErrorCode::kInternal,
                "object of the code generator: relocation beyond its section");
  }
  if (value < std::numeric_limits<Int>::min() || value > std::numeric_limits<Int>::max()) {
    return fail(ErrorCode::kResourceExhausted,
                "the module's code is larger than the 2 GiB that an artifact can hold");
  }
  const auto narrow = static_cast<Int>(value);
  std::memcpy(place.data(), &narrow, sizeof(narrow));
  return {};
}

}  // namespace

Result<> relocate_x86_64(std::span<std::byte> place, uint32_t type, uint64_t at, uint64_t to,
                         int64_t addend) {
  const int64_t relative = static_cast<int64_t>(to) + addend - static_cast<int64_t>(at);
  switch (type) {
    case llvm::ELF::R_X86_64_PC32:
    case llvm::ELF::R_X86_64_PLT32:  // every callee is in the artifact
      return put<int32_t>(place, relative);
    case llvm::ELF::R_X86_64_PC64:
      return put<int64_t>(place, relative);
    default:
      return fail(ErrorCode::kInternal,
                  "object of the code generator: relocation type {}, which is not relative to the "
                  "place",
                  type);
  }
}

}  // namespace wasmedge::compile
