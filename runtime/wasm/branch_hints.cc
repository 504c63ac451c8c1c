#include "runtime/wasm/decoder.h"

namespace wasmedge::wasm {

namespace {

/// The hints of one function; false if they are malformed.
bool read_hints(Reader& reader, const ByteRange& body, std::vector<BranchHint>& hints) {
  const uint32_t count = reader.u32();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t offset = reader.u32();
    const uint32_t size = reader.u32();
    const uint8_t value = reader.byte();
    if (!reader.ok() || offset >= body.size || size != 1 || value > 1) return false;
    const uint32_t at = body.offset + offset;
    if (!hints.empty() && at <= hints.back().at) return false;
    hints.push_back({at, value == 1});
  }
  return true;
}

}  // namespace

std::vector<BranchHint> read_branch_hints(const Module& module, ByteRange section) {
  Reader reader(module.bytes, section);
  std::vector<BranchHint> hints;
  if (reader.done()) return hints;
  const uint32_t count = reader.u32();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t function = reader.u32();
    if (!reader.ok() || function >= module.functions.size()) return {};
    if (!read_hints(reader, module.functions[function].body, hints)) return {};
  }
  return reader.ok() && reader.done() ? hints : std::vector<BranchHint>();
}

}  // namespace wasmedge::wasm
