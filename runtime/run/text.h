#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/run/artifact_file.h"
#include "runtime/run/unwind.h"

namespace wasmedge::run {

inline const std::byte* as_pointer(uint64_t address) {
  return reinterpret_cast<const std::byte*>(address);  // NOLINT(performance-no-int-to-ptr)
}

/// A word of a frame that another function made, which AddressSanitizer may think dead.
uint64_t word_at(uint64_t address);

/// What artifacts' tables say of frames of compiled code; of one artifact after another, since a
/// frame's caller is mostly of the same.
class Text {
 public:
  /// Whether `pc` is in compiled code; what follows is about that artifact.
  bool find(const std::byte* pc);

  const Artifact& artifact() const { return *artifact_; }

  /// Where exceptions out of the call before registers.pc go, or null.
  const std::byte* landing_pad(const Registers& registers) const;

  /// How the function at `pc` lays out its frame; null if it has none.
  const ArtifactUnwind* row(const std::byte* pc) const;
  /// Whether its frame is there at `pc`.
  bool is_complete(const std::byte* pc) const;

  /// The frame's CFA, which is the caller's stack pointer.
  static uint64_t cfa(const ArtifactUnwind& row, const Registers& registers);
  /// How many words below the CFA the furthest register is saved.
  uint8_t depth(const ArtifactUnwind& row) const;
  /// Makes the registers those of the caller. The frame's words are read.
  void leave(const ArtifactUnwind& row, uint64_t cfa, Registers& registers) const;

 private:
  uint32_t place(const std::byte* pc) const { return static_cast<uint32_t>(pc - begin_); }

  const Artifact* artifact_ = nullptr;
  const std::byte* begin_ = nullptr;
  const std::byte* end_ = nullptr;
};

}  // namespace wasmedge::run
