#include <algorithm>

#include "runtime/wasm/decoder.h"

namespace wasmedge::wasm {

namespace {

constexpr uint8_t kFunctionNames = 1;

std::vector<std::string_view> read_map(Reader& reader, size_t functions) {
  std::vector<std::string_view> names;
  const uint32_t count = reader.u32();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const uint32_t function = reader.u32();
    const std::string_view name = reader.name();
    if (!reader.ok() || function >= functions) break;
    if (names.size() <= function) names.resize(function + size_t{1});
    names[function] = name;
  }
  return names;
}

}  // namespace

std::vector<std::string_view> read_function_names(std::span<const std::byte> module,
                                                  ByteRange section, size_t functions) {
  Reader reader(module, section);
  while (!reader.done()) {
    const uint8_t id = reader.byte();
    const uint32_t size = reader.u32();
    if (!reader.ok() || size > reader.left()) break;
    Reader subsection(module, ByteRange{reader.offset(), size});
    if (id == kFunctionNames) return read_map(subsection, functions);
    reader.bytes(size);
  }
  return {};
}

}  // namespace wasmedge::wasm
