#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/base/architecture.h"
#include "runtime/base/result.h"
#include "runtime/compile/object.h"
#include "runtime/run/artifact.h"

namespace wasmedge::compile {

/// A function in the file.
struct Placed {
  uint64_t offset = 0;  // 0: there is none
  uint64_t size = 0;
};

/// All objects in one piece, at their final offsets in the artifact.
struct Linked {
  uint64_t rodata_offset = 0;
  std::vector<std::byte> rodata;
  uint64_t text_offset = 0;
  std::vector<std::byte> text;
  std::vector<run::ArtifactSite> sites;                // by pc
  std::vector<run::ArtifactUnwind> unwind;             // by pc
  std::vector<run::ArtifactSaved> saved;               // by their number in `unwind`
  std::vector<run::ArtifactFrame> frames;              // by pc
  std::vector<run::ArtifactLandingPad> landing_pads;   // by pc
  std::vector<Placed> functions, expressions, thunks;  // by number
};

/// How many there may be of each kind of symbol.
struct SymbolCounts {
  size_t functions = 0;
  size_t expressions = 0;
  size_t thunks = 0;
};

/// Lays the objects' constants out from `file_offset` (a page) on, their code from the next page
/// on, in the objects' order, and resolves every reference. Consumes the objects, one by one.
Result<Linked> link(std::vector<Object> objects, Architecture target, uint64_t file_offset,
                    const SymbolCounts& counts);

}  // namespace wasmedge::compile
