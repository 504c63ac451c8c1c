#pragma once

#include <array>
#include <cstdint>

#include "runtime/run/context.h"
#include "runtime/run/exception.h"

namespace wasmedge::run {

/// The registers that a call preserves, as they were when a frame called. Known to the assembly.
struct Registers {
  std::array<uint64_t, 6> saved;  // x86-64: rbx, rbp, r12, r13, r14, r15
  uint64_t sp;
  uint64_t pc;  // where the call returns to

  static constexpr size_t kFramePointer = 1;  // in `saved`
};

// An exception is thrown in one pass, with the tables of the artifacts (artifact.h) and nothing
// else: from the frame of the throw outward, until a call has a landing pad, or the caller is not
// compiled code. That is the host that entered the guest: its frames are never unwound, it gets a
// trap.
extern "C" {
/// In assembly: records the registers, calls wasmedge_exception_unwind, goes where it says.
void wasmedge_exception_throw(Context* context, Exception* exception);
/// Finds the landing pad: `registers` are those of its frame then, and the exception is the answer.
Exception* wasmedge_exception_unwind(Registers* registers, Exception* exception);
}

}  // namespace wasmedge::run
