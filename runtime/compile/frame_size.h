#pragma once

#include <llvm/Object/ELFObjectFile.h>

#include "runtime/base/result.h"

namespace wasmedge::compile {

/// Where code does not probe the stack (run/convention.h): that no frame in the object is larger
/// than what the stack's guard is made for. Error: kResourceExhausted.
Result<> check_frame_sizes(const llvm::object::ELF64LEObjectFile& elf);

}  // namespace wasmedge::compile
