#include "runtime/compile/relocate.h"

#include <cstring>

namespace wasmedge::compile {

Relocate relocate_for(Architecture architecture) {
  switch (architecture) {
    case Architecture::kX86_64:
      return relocate_x86_64;
    case Architecture::kAarch64:
      return relocate_aarch64;
    case Architecture::kRiscv64:
      break;
  }
  return relocate_riscv64;
}

tl::unexpected<Error> unknown_relocation(uint32_t type) {
  return fail(ErrorCode::kInternal,
              "object of the code generator: relocation type {}, which is not relative to the "
              "place",
              type);
}

tl::unexpected<Error> too_far(std::string_view limit) {
  return fail(ErrorCode::kResourceExhausted, "the module's code is larger than {}", limit);
}

Result<uint64_t> read_place(std::span<const std::byte> place, size_t bytes) {
  uint64_t value = 0;
  if (place.size() < bytes) {
    return fail(ErrorCode::kInternal,
                "object of the code generator: relocation beyond its section");
  }
  std::memcpy(&value, place.data(), bytes);
  return value;
}

Result<> write_place(std::span<std::byte> place, uint64_t value, size_t bytes) {
  TRY(read_place(place, bytes));
  std::memcpy(place.data(), &value, bytes);
  return {};
}

}  // namespace wasmedge::compile
