#include "runtime/run/backtrace.h"

#include <algorithm>

#include "runtime/run/activation.h"
#include "runtime/run/text.h"

namespace wasmedge::run {
namespace {

constexpr uint64_t kWord = 8;

// The frames of the host between an entry's stack pointer and the guest's first frame.
constexpr uint64_t kEntryBytes = 4096;
// What host functions have on the stack is searched no further.
constexpr uint64_t kHostBytes = uint64_t{256} << 10;
// Registers that a prologue saves are few, but it may have made room for more than a page.
constexpr uint64_t kPrologueBytes = 128;
// Of all searches together: stacks have fewer frames.
constexpr uint64_t kSteps = 4'000'000;

/// Walks one activation after another.
class Walker {
 public:
  explicit Walker(const GuestStack& stack)
      : bottom_(reinterpret_cast<uint64_t>(stack.bottom())),
        top_(reinterpret_cast<uint64_t>(stack.top())) {}

  Backtrace walk(const Activation& trapped) {
    Registers registers = trapped.registers;
    bool is_guest = text_.find(code(registers, trapped.at_call));
    bool at_call = trapped.at_call;
    for (const Activation* entry = &trapped; entry != nullptr; entry = entry->previous) {
      if (!is_guest) {
        frames_.add({});
        if (!find_guest(*entry, registers)) return frames_;
        at_call = true;
      }
      if (!follow(*entry, registers, at_call, &frames_)) return frames_;
      frames_.drop_last();  // the thunk
      is_guest = false;
    }
    return frames_;
  }

 private:
  // What is running: a call returns to behind it, where another function may begin.
  static const std::byte* code(const Registers& registers, bool at_call) {
    return as_pointer(registers.pc) - (at_call ? 1 : 0);
  }

  // Stack frames of others are no business of AddressSanitizer's.
  __attribute__((no_sanitize("address"))) static uint64_t word_at(uint64_t address) {
    return *reinterpret_cast<const uint64_t*>(address);  // NOLINT(performance-no-int-to-ptr)
  }
  bool is_on_stack(uint64_t address) const {
    return address >= bottom_ && address < top_ && address % kWord == 0;
  }

  // Whether a word is where a call of compiled code returns to.
  bool is_return(uint64_t word) {
    const std::byte* call = as_pointer(word) - 1;
    return text_.find(call) && text_.is_complete(call);
  }

  // From a guest's frame outward, until the host's; true if that is the one of `entry`: it enters
  // by a thunk, which is no function of the module, close to where the guest's frames begin.
  bool follow(const Activation& entry, Registers& registers, bool at_call, Backtrace* into) {
    const auto begin = reinterpret_cast<uint64_t>(entry.guest_top);
    StackFrame frame;
    while (text_.find(code(registers, at_call)) && steps_++ < kSteps) {
      frame = {&text_.artifact(), code(registers, at_call)};
      if (into != nullptr) into->add(frame);
      if (!leave(registers, at_call)) return false;
      at_call = true;
    }
    return registers.sp <= begin && begin - registers.sp <= kEntryBytes &&
           frame.artifact != nullptr && !frame.artifact->function_at(frame.pc);
  }

  bool leave(Registers& registers, bool at_call) {
    const std::byte* pc = code(registers, at_call);
    const ArtifactUnwind* row = text_.row(pc);
    if (!text_.is_complete(pc)) return !at_call && leave_bare(row, registers);
    if (row == nullptr) return false;
    const uint64_t cfa = Text::cfa(*row, registers);
    const uint64_t saved = kWord * *std::ranges::max_element(row->saved);
    if (cfa <= registers.sp || !is_on_stack(cfa - kWord) || cfa - saved < registers.sp)
      return false;
    Text::leave(*row, cfa, registers);
    return true;
  }

  // In a prologue, an epilogue, or a function without a frame: the return address is the first one.
  bool leave_bare(const ArtifactUnwind* row, Registers& registers) {
    uint64_t end = registers.sp + kPrologueBytes;
    if (row != nullptr) end += row->cfa & ~ArtifactUnwind::kFromFramePointer;
    return skip_to_return(registers, end);
  }

  bool skip_to_return(Registers& registers, uint64_t end) {
    // A function that calls none need not align its frame.
    const uint64_t begin = (registers.sp + kWord - 1) / kWord * kWord;
    for (uint64_t at = begin; at < end && is_on_stack(at); at += kWord) {
      if (!is_return(word_at(at))) continue;
      registers.pc = word_at(at);
      registers.sp = at + kWord;
      return true;
    }
    return false;
  }

  // The guest's frame that called the host function that `registers` are of.
  bool find_guest(const Activation& entry, Registers& registers) {
    const uint64_t end = registers.sp + kHostBytes;
    while (skip_to_return(registers, end)) {
      Registers attempt = registers;
      if (follow(entry, attempt, /*at_call=*/true, nullptr)) return true;
    }
    return false;
  }

  uint64_t bottom_;
  uint64_t top_;
  uint64_t steps_ = 0;
  Text text_;
  Backtrace frames_;
};

}  // namespace

void Backtrace::add(const StackFrame& frame) {
  if (count_ < kFirst) {
    first_[count_] = frame;
  } else {
    last_[count_ % last_.size()] = frame;
  }
  ++count_;
}

void Backtrace::drop_last() {
  --count_;
}

Backtrace walk_stack(const Activation& trapped) {
  if (trapped.registers.sp == 0) return {};
  return Walker(*trapped.stack).walk(trapped);
}

}  // namespace wasmedge::run
