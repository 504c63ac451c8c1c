#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/wasm/module.h"

namespace wasmedge::compile {

/// Code at module offset `wasm_offset`, up to the next one's, comes from this line.
struct SourceLine {
  uint32_t wasm_offset = 0;
  uint32_t file = 0;  // in Symbols::files
  uint32_t line = 0;  // 0: of none
};

/// What messages say of a module's code beyond what is in the name section.
struct Symbols {
  std::map<uint32_t, std::string> names;  // functions whose names are mangled, in readable form
  std::vector<std::string> files;
  std::vector<SourceLine> lines;  // by rising offset

  /// The readable name of a function; null if it is the name section's.
  const std::string* name(uint32_t function) const {
    const auto found = names.find(function);
    return found == names.end() ? nullptr : &found->second;
  }
};

/// Whether there might be anything to read.
bool may_have_symbols(std::span<const std::byte> module);

/// Demangles the names of the name section (C++, Rust) and reads the line tables (DWARF 2 to 5, in
/// .debug_line): custom sections, which nobody has validated. What cannot be read is left out. LLVM
/// does the reading, and is not made for hostile bytes: do it in a process that may crash, loop and
/// run out of memory.
Symbols read_symbols(const wasm::Module& module);

/// The way out of that process.
std::vector<std::byte> encode_symbols(const Symbols& symbols);
/// kInvalidArgument for what encode_symbols() has not made.
Result<Symbols> decode_symbols(std::span<const std::byte> bytes);

}  // namespace wasmedge::compile
