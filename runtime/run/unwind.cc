#include "runtime/run/unwind.h"

#include <algorithm>

#include "runtime/run/activation.h"
#include "runtime/run/artifact_file.h"
#include "runtime/run/fault_region.h"

namespace wasmedge::run {
namespace {

static_assert(std::tuple_size_v<decltype(ArtifactSaved::words)> >= kMostSavedRegisters);

uint64_t word_at(uint64_t address) {
  return *reinterpret_cast<const uint64_t*>(address);  // NOLINT(performance-no-int-to-ptr)
}

const std::byte* pointer(uint64_t address) {
  return reinterpret_cast<const std::byte*>(address);  // NOLINT(performance-no-int-to-ptr)
}

// The code of one artifact after another, since a frame's caller is mostly of the same.
class Text {
 public:
  // Whether `pc` is in compiled code.
  bool find(const std::byte* pc) {
    if (artifact_ != nullptr && pc >= begin_ && pc < end_) return true;
    artifact_ = FaultRegion::text_at(pc);
    if (artifact_ == nullptr) return false;
    begin_ = artifact_->text();
    end_ = begin_ + artifact_->header().text.count;
    return true;
  }

  // Where exceptions out of the call before registers.pc go, or null.
  const std::byte* landing_pad(const Registers& registers) const {
    const uint32_t pc = call(registers);
    const auto pads = artifact_->landing_pads();
    const auto after = std::upper_bound(
        pads.begin(), pads.end(), pc,
        [](uint32_t value, const ArtifactLandingPad& pad) { return value < pad.begin; });
    if (after == pads.begin() || pc >= std::prev(after)->end) return nullptr;
    return begin_ + std::prev(after)->pad;
  }

  // The registers of the frame's caller; false if it is not known how to leave the frame.
  bool leave_frame(Registers& registers) const {
    const uint32_t pc = call(registers);
    const auto rows = artifact_->unwind();
    const auto after =
        std::upper_bound(rows.begin(), rows.end(), pc,
                         [](uint32_t value, const ArtifactUnwind& row) { return value < row.pc; });
    if (after == rows.begin()) return false;
    const ArtifactUnwind& row = *std::prev(after);
    const bool from_frame_pointer = (row.cfa & ArtifactUnwind::kFromFramePointer) != 0;
    const uint64_t base = from_frame_pointer ? registers.frame_pointer() : registers.sp;
    const uint64_t cfa = base + (row.cfa & ~ArtifactUnwind::kFromFramePointer);
    const auto& words = artifact_->saved()[row.saved].words;
    for (size_t i = 0; i < registers.saved.size(); ++i) {
      if (words[i] != 0) registers.saved[i] = word_at(cfa - uint64_t{8} * words[i]);
    }
    registers.sp = cfa;
    return true;
  }

 private:
  // The call instruction's last byte: what follows may belong to another function.
  uint32_t call(const Registers& registers) const {
    return static_cast<uint32_t>(pointer(registers.pc()) - 1 - begin_);
  }

  const Artifact* artifact_ = nullptr;
  const std::byte* begin_ = nullptr;
  const std::byte* end_ = nullptr;
};

}  // namespace

Exception* wasmedge_exception_unwind(Registers* registers, Exception* exception) {
  const std::byte* thrown = pointer(registers->pc()) - 1;
  need_stack(thrown);
  Text text;
  while (text.find(pointer(registers->pc()) - 1)) {
    if (const std::byte* pad = text.landing_pad(*registers); pad != nullptr) {
      registers->set_pc(reinterpret_cast<uint64_t>(pad));
      return exception;
    }
    if (!text.leave_frame(*registers)) break;
  }
  trap_uncaught(*exception->tag, thrown);
}

}  // namespace wasmedge::run
