#include "runtime/compile/image.h"

#include <algorithm>

#include "runtime/run/artifact.h"
#include "runtime/run/context.h"

namespace wasmedge::compile {
namespace {

constexpr uint64_t kSparseSlack = uint64_t{1} << 20;  // bytes that an image may waste on gaps

bool fits(const wasm::Module& module, const wasm::DataSegment& segment) {
  if (segment.memory != 0 || segment.offset.kind != wasm::ConstExpr::Kind::kConst) return false;
  const wasm::MemoryType& type = module.memories[0].type;
  // Larger ones cannot be made, which instantiation says.
  if (type.limits.min > run::kMemory64Bytes >> type.page_log2) return false;
  const uint64_t bytes = type.limits.min << type.page_log2;
  return segment.bytes.size <= bytes && segment.offset.bits <= bytes - segment.bytes.size;
}

}  // namespace

std::optional<MemoryImage> make_image(const wasm::Module& module) {
  if (module.memories.empty() || module.memories[0].imported) return std::nullopt;
  uint64_t begin = ~uint64_t{0}, end = 0, total = 0;
  for (const wasm::DataSegment& segment : module.data) {
    if (segment.mode != wasm::SegmentMode::kActive) continue;
    if (!fits(module, segment)) return std::nullopt;
    if (segment.bytes.size == 0) continue;
    begin = std::min(begin, segment.offset.bits);
    end = std::max(end, segment.offset.bits + segment.bytes.size);
    total += segment.bytes.size;
  }
  MemoryImage image;
  if (total == 0) return image;
  image.address = begin & ~(run::kArtifactPage - 1);
  if (end - image.address > 4 * total + kSparseSlack) return std::nullopt;

  image.bytes.resize(end - image.address);
  for (const wasm::DataSegment& segment : module.data) {
    if (segment.mode != wasm::SegmentMode::kActive || segment.bytes.size == 0) continue;
    const auto bytes = module.at(segment.bytes);
    std::copy(
        bytes.begin(), bytes.end(),
        image.bytes.begin() + static_cast<std::ptrdiff_t>(segment.offset.bits - image.address));
  }
  return image;
}

}  // namespace wasmedge::compile
