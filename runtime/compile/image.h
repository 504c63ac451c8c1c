#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/wasm/module.h"

namespace wasmedge::compile {

/// What memory 0 contains before the first instruction, beginning at a page.
struct MemoryImage {
  uint64_t address = 0;
  std::vector<std::byte> bytes;
};

/// The active data segments as an image: all of them or none, since the ones that are left to
/// instantiation would have to come after those before them. None if the memory is imported, an
/// offset is not constant or out of range, another memory is written, or the segments lie far
/// apart.
std::optional<MemoryImage> make_image(const wasm::Module& module);

}  // namespace wasmedge::compile
