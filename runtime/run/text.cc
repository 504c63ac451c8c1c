#include "runtime/run/text.h"

#include <algorithm>

#include "runtime/run/fault_region.h"

namespace wasmedge::run {

__attribute__((no_sanitize("address"))) uint64_t word_at(uint64_t address) {
  return *reinterpret_cast<const uint64_t*>(address);  // NOLINT(performance-no-int-to-ptr)
}

bool Text::find(const std::byte* pc) {
  if (artifact_ != nullptr && pc >= begin_ && pc < end_) return true;
  const Artifact* found = FaultRegion::text_at(pc);
  if (found == nullptr) return false;
  artifact_ = found;
  begin_ = artifact_->text();
  end_ = begin_ + artifact_->header().text.count;
  return true;
}

const std::byte* Text::landing_pad(const Registers& registers) const {
  // The call instruction's last byte: what follows may belong to another function.
  const uint32_t call = place(as_pointer(registers.pc()) - 1);
  const auto pads = artifact_->landing_pads();
  const auto after = std::upper_bound(
      pads.begin(), pads.end(), call,
      [](uint32_t value, const ArtifactLandingPad& pad) { return value < pad.begin; });
  if (after == pads.begin() || call >= std::prev(after)->end) return nullptr;
  return begin_ + std::prev(after)->pad;
}

const ArtifactUnwind* Text::row(const std::byte* pc) const {
  const auto rows = artifact_->unwind();
  const auto after =
      std::upper_bound(rows.begin(), rows.end(), place(pc),
                       [](uint32_t value, const ArtifactUnwind& row) { return value < row.pc; });
  return after == rows.begin() ? nullptr : &*std::prev(after);
}

bool Text::is_complete(const std::byte* pc) const {
  const auto frames = artifact_->frames();
  const auto after = std::upper_bound(
      frames.begin(), frames.end(), place(pc),
      [](uint32_t value, const ArtifactFrame& frame) { return value < frame.pc(); });
  return after != frames.begin() && std::prev(after)->is_complete();
}

uint64_t Text::cfa(const ArtifactUnwind& row, const Registers& registers) {
  const bool from_frame_pointer = (row.cfa & ArtifactUnwind::kFromFramePointer) != 0;
  const uint64_t base = from_frame_pointer ? registers.frame_pointer() : registers.sp;
  return base + (row.cfa & ~ArtifactUnwind::kFromFramePointer);
}

uint8_t Text::depth(const ArtifactUnwind& row) const {
  return *std::ranges::max_element(artifact_->saved()[row.saved].words);
}

void Text::leave(const ArtifactUnwind& row, uint64_t cfa, Registers& registers) const {
  const auto& words = artifact_->saved()[row.saved].words;
  static_assert(std::tuple_size_v<decltype(ArtifactSaved::words)> >= kMostSavedRegisters);
  for (size_t i = 0; i < registers.saved.size(); ++i) {
    if (words[i] != 0) registers.saved[i] = word_at(cfa - uint64_t{8} * words[i]);
  }
  registers.sp = cfa;
}

}  // namespace wasmedge::run
