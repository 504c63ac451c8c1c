#pragma once

#include <llvm/Object/ELFObjectFile.h>

#include <cstdint>
#include <map>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/compile/object.h"

namespace wasmedge::compile {

/// From ELF section indexes to indexes of Object::sections.
using KeptSections = std::map<uint64_t, uint32_t>;

/// Reads the line table, whose lines are wasm offsets.
Result<> read_sites(const llvm::object::ObjectFile& elf, const KeptSections& kept,
                    std::vector<Site>& sites);

}  // namespace wasmedge::compile
