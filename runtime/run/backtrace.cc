#include "runtime/run/backtrace.h"

#include <algorithm>

#include "runtime/run/activation.h"
#include "runtime/run/text.h"

namespace wasmedge::run {
namespace {

constexpr uint64_t kWord = 8, kStackAlignment = 16;

// The frames of the host between an entry's stack pointer and the guest's first frame.
constexpr uint64_t kEntryBytes = 4096;
// What host functions have on the stack is searched no further.
constexpr uint64_t kHostBytes = uint64_t{256} << 10;
// Registers that a prologue saves are few, but it may have made room for more than a page.
constexpr uint64_t kPrologueBytes = 128;
// From where a host function keeps its return address to the end of its frame.
constexpr uint64_t kCallBytes = 4096;
// Of all searches together: stacks have fewer frames.
constexpr uint64_t kSteps = 4'000'000;

/// Walks one activation after another.
class Walker {
 public:
  explicit Walker(const GuestStack& stack)
      : bottom_(reinterpret_cast<uint64_t>(stack.bottom())),
        top_(reinterpret_cast<uint64_t>(stack.top())) {}

  Backtrace walk(const Activation& trapped) {
    Frame frame{trapped.registers, static_cast<const std::byte*>(trapped.pc), trapped.at_call};
    bool is_guest = text_.find(frame.pc);
    for (const Activation* entry = &trapped; entry != nullptr; entry = entry->previous) {
      if (!is_guest) {
        frames_.add({});
        if (!find_guest(*entry, frame)) return frames_;
      }
      if (!follow(*entry, frame, &frames_)) return frames_;
      frames_.drop_last();  // the thunk
      is_guest = false;
    }
    return frames_;
  }

 private:
  /// Of code that runs at `pc`. `at_call`: within a call, which returns to registers.pc(); else
  /// that is the link register, or not known.
  struct Frame {
    Registers registers;
    const std::byte* pc;
    bool at_call;
  };

  bool is_on_stack(uint64_t address) const {
    return address >= bottom_ && address < top_ && address % kWord == 0;
  }

  // Whether a word is where a call of compiled code returns to.
  bool is_return(uint64_t word) {
    const std::byte* call = as_pointer(word - 1);  // the word may be 0
    return text_.find(call) && text_.is_complete(call);
  }

  // From a guest's frame outward, until the host's; true if that is the one of `entry`: it enters
  // by a thunk, which is no function of the module, close to where the guest's frames begin.
  bool follow(const Activation& entry, Frame& frame, Backtrace* into) {
    const auto begin = reinterpret_cast<uint64_t>(entry.guest_top);
    StackFrame last;
    while (text_.find(frame.pc) && steps_++ < kSteps) {
      last = {&text_.artifact(), frame.pc};
      if (into != nullptr) into->add(last);
      if (!leave(entry, frame)) return false;
    }
    return frame.registers.sp <= begin && begin - frame.registers.sp <= kEntryBytes &&
           last.artifact != nullptr && !last.artifact->function_at(last.pc);
  }

  bool leave(const Activation& entry, Frame& frame) {
    const ArtifactUnwind* row = text_.row(frame.pc);
    if (!text_.is_complete(frame.pc)) return !frame.at_call && leave_bare(entry, row, frame);
    if (row == nullptr) return false;
    Registers& registers = frame.registers;
    const uint64_t cfa = Text::cfa(*row, registers);
    const uint64_t saved = kWord * text_.depth(*row);
    // A leaf may have nothing on the stack, if its caller is in the link register.
    if (cfa < registers.sp || (frame.at_call && cfa == registers.sp)) return false;
    if (cfa - saved < registers.sp || cfa > top_ || cfa - saved < bottom_ || cfa % kWord != 0) {
      return false;
    }
    text_.leave(*row, cfa, registers);
    returned(frame);
    return true;
  }

  static void returned(Frame& frame) {
    frame.pc = as_pointer(frame.registers.pc()) - 1;
    frame.at_call = true;
  }

  // In a prologue, an epilogue, or a function without a frame.
  bool leave_bare(const Activation& entry, const ArtifactUnwind* row, Frame& frame) {
    const uint64_t body = row != nullptr ? row->cfa & ~ArtifactUnwind::kFromFramePointer : 0;
    if constexpr (kFrameRegisters.returns_by_stack) {
      // The return address is the first one.
      return skip_to_return(frame, frame.registers.sp + kPrologueBytes + body);
    } else {
      if (!is_return(frame.registers.pc())) return false;
      return find_caller(entry, frame, body + kStackAlignment);
    }
  }

  // On the stack, a return address; where it is pushed, it is the end of the callee's frame.
  bool skip_to_return(Frame& frame, uint64_t end) {
    Registers& registers = frame.registers;
    // A function that calls none need not align its frame.
    const uint64_t begin = (registers.sp + kWord - 1) / kWord * kWord;
    for (uint64_t at = begin; at < end && is_on_stack(at); at += kWord) {
      if (!is_return(word_at(at))) continue;
      registers.set_pc(word_at(at));
      registers.sp = at + kWord;
      returned(frame);
      return true;
    }
    return false;
  }

  // The caller's stack pointer, for which frames lead to the entry from where registers.pc() says.
  bool find_caller(const Activation& entry, Frame& frame, uint64_t bytes) {
    const uint64_t begin =
        (frame.registers.sp + kStackAlignment - 1) / kStackAlignment * kStackAlignment;
    for (uint64_t at = begin; at < begin + bytes && at < top_ && steps_++ < kSteps;
         at += kStackAlignment) {
      Frame attempt = frame;
      attempt.registers.sp = at;
      returned(attempt);
      const Frame found = attempt;
      if (!follow(entry, attempt, nullptr)) continue;
      frame = found;
      return text_.find(frame.pc);
    }
    return false;
  }

  // The guest's frame that called the host function that `frame` is of.
  bool find_guest(const Activation& entry, Frame& frame) {
    const uint64_t end = frame.registers.sp + kHostBytes;
    while (skip_to_return(frame, end)) {
      if constexpr (kFrameRegisters.returns_by_stack) {
        Frame attempt = frame;
        if (follow(entry, attempt, nullptr)) return true;
      } else if (find_caller(entry, frame, kCallBytes)) {
        return true;
      }
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
