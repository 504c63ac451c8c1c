#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace wasmedge::run {

class Artifact;
struct Activation;

/// A frame of the guest's stack when it trapped, as a place in compiled code. No artifact: host
/// functions, between frames of the guest.
struct StackFrame {
  const Artifact* artifact = nullptr;
  const std::byte* pc = nullptr;  // of the trap, or within the call
};

/// A trapped guest's frames, the innermost first: the first and the last of them if there are many.
class Backtrace {
 public:
  static constexpr size_t kFirst = 20, kLast = 5;

  std::span<const StackFrame> first() const {
    return {first_.data(), count_ < kFirst ? count_ : kFirst};
  }
  /// Between first() and last().
  uint64_t omitted() const { return count_ > kFirst + kLast ? count_ - kFirst - kLast : 0; }
  size_t last_size() const { return count_ <= kFirst ? 0 : count_ - kFirst - omitted(); }
  /// The `i`th of those behind the omitted ones.
  const StackFrame& last(size_t i) const { return last_[(kFirst + omitted() + i) % last_.size()]; }

  void add(const StackFrame& frame);
  void drop_last();

 private:
  std::array<StackFrame, kFirst> first_{};
  std::array<StackFrame, kLast + 1> last_{};  // one more, so that the last can be dropped
  size_t count_ = 0;
};

/// Follows the frames from where the innermost entry trapped to the host that entered the guest
/// first, through entries that host functions made. Works on what is left on the guest's stack,
/// which must not have been written to since. Allocates nothing.
///
/// Nothing there is trusted: an address is looked at if it is on the stack, and code if it is an
/// artifact's. What does not fit ends the walk. How many bytes a host function keeps on the stack
/// is not known: the next return address from which frames lead to the entry is taken.
Backtrace walk_stack(const Activation& trapped);

}  // namespace wasmedge::run
