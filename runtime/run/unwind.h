#pragma once

#include <array>
#include <cstdint>

#include "runtime/run/context.h"
#include "runtime/run/convention.h"
#include "runtime/run/exception.h"

namespace wasmedge::run {

inline constexpr FrameRegisters kFrameRegisters = frame_registers(kThisArchitecture);

/// The registers that a call preserves, as they were when a frame called. Known to the assembly.
struct Registers {
  std::array<uint64_t, kFrameRegisters.saved.size()> saved;  // the order is FrameRegisters'
  uint64_t sp;

  uint64_t& frame_pointer() { return saved[kFrameRegisters.frame_pointer]; }
  uint64_t frame_pointer() const { return saved[kFrameRegisters.frame_pointer]; }
  /// Where the call returns to.
  uint64_t pc() const { return saved[kFrameRegisters.return_address]; }
  void set_pc(uint64_t pc) { saved[kFrameRegisters.return_address] = pc; }
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
