#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wasmedge::run {

class Artifact;

/// An address range in which the fault handler may find a trap: the text of an artifact, or the
/// reservation of a linear memory. Registered in one process-wide list while it lives.
class FaultRegion {
 public:
  /// `artifact` owns the text; null for a memory.
  FaultRegion(const void* begin, size_t size, const Artifact* artifact);
  FaultRegion(const FaultRegion&) = delete;
  FaultRegion& operator=(const FaultRegion&) = delete;
  ~FaultRegion();

  /// The artifact whose text holds `address`, or null. Async-signal-safe for synchronous signals.
  static const Artifact* text_at(const void* address);
  /// Is `address` in an artifact's text? Also false if somebody is just looking or registering.
  /// Async-signal-safe for all signals.
  static bool is_surely_text(const void* address);
  /// Every artifact whose text is registered.
  static std::vector<const Artifact*> artifacts();
  /// Is `address` in the reservation of a linear memory? As text_at().
  static bool is_memory(const void* address);

 private:
  static const FaultRegion* find(uintptr_t address, bool text);

  uintptr_t begin_;
  uintptr_t end_;
  const Artifact* artifact_;
  FaultRegion* next_ = nullptr;
  FaultRegion* previous_ = nullptr;
};

}  // namespace wasmedge::run
