#pragma once

#include <llvm/Object/ELFObjectFile.h>

#include "runtime/base/result.h"
#include "runtime/compile/object.h"
#include "runtime/compile/sites.h"

namespace wasmedge::compile {

/// Sections that LLVM writes for an unwinder. They are no part of an artifact: what ours needs is
/// taken out of them.
bool is_for_unwinding(llvm::StringRef section);

/// Reads the frame descriptions (.eh_frame) into object.unwind and object.frames, and the call
/// sites' landing pads (.gcc_except_table) into object.landing_pads.
Result<> read_unwind(const llvm::object::ELF64LEObjectFile& elf, const KeptSections& kept,
                     Object& object);

}  // namespace wasmedge::compile
