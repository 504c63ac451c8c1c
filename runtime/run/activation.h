#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/run/context.h"
#include "runtime/run/guest_stack.h"
#include "runtime/run/unwind.h"

namespace wasmedge::run {

struct Tag;

/// One entry into a guest on this thread, from its call to its return; entries nest. Whoever ends
/// the guest early (fault handler, builtin, exit_guest) writes the reason here and resumes at the
/// landing.
struct Activation {
  enum class End : uint8_t { kReturned, kTrapped, kExited };

  void* host_sp = nullptr;         // first, the assembly's: stack pointer at the landing
  Activation* previous = nullptr;  // the entry that this one is nested in
  const GuestStack* stack = nullptr;
  End end = End::kReturned;
  TrapCode trap = TrapCode::kUnreachable;
  Registers registers{};            // kTrapped: of the guest, or of a host function
  const void* pc = nullptr;         // kTrapped: where, or within the call that returns to registers
  bool at_call = false;             // kTrapped: `registers` are those that a call returns to
  const void* guest_top = nullptr;  // where the guest's frames begin
  uint32_t exit_status = 0;         // kExited
  const Tag* exception = nullptr;   // of an uncaught exception

  /// What a host function looks at that takes long (interruption.h).
  std::atomic<uint32_t>* interruption = nullptr;

  /// The innermost entry of this thread, or null. Read by the fault handler.
  static constinit thread_local Activation* current;
};

/// Makes the fault handler the process's, once.
void install_fault_handler();

/// The registers that a call from compiled code returns to, as far as frames are found by them, in
/// a function that is called so.
#define WASMEDGE_CALLER                                                        \
  (::wasmedge::run::caller(__builtin_return_address(0), __builtin_dwarf_cfa(), \
                           static_cast<const uint64_t*>(__builtin_frame_address(0))))
inline Registers caller(const void* pc, const void* sp, const uint64_t* frame) {
  Registers registers{};
  registers.frame_pointer() = frame[kFrameRegisters.saved_frame_pointer];
  registers.sp = reinterpret_cast<uint64_t>(sp);
  registers.set_pc(reinterpret_cast<uint64_t>(pc));
  return registers;
}

/// Ends the innermost entry of this thread with a trap, at a call that compiled code makes.
[[noreturn]] void trap_guest(TrapCode code, const Registers& caller);

/// For builtins that allocate or lock, which must not run into the end of the stack halfway: ends
/// the guest with "call stack exhausted" unless there is room.
void need_stack(const Registers& caller);

/// As trap_guest, for an exception with this tag that nobody caught.
[[noreturn]] void trap_uncaught(const Tag& tag, const Registers& thrower);

// In assembly, one file an architecture.
extern "C" {
/// Saves the callee-saved registers, records the stack pointer in the activation, switches to
/// `stack_top` (null: stays on this stack, below the caller) and calls function(argument).
void wasmedge_guest_enter(Activation* activation, void* stack_top, void (*function)(void*),
                          void* argument);
/// Where an entry ends early: returns from wasmedge_guest_enter. Reached with the stack pointer at
/// host_sp, by the fault handler or by wasmedge_guest_unwind.
void wasmedge_guest_landing();
[[noreturn]] void wasmedge_guest_unwind(Activation* activation);
/// Not to be called from C++: what compiled code calls for a HostTarget (context.h).
void wasmedge_host_adapter();
}

}  // namespace wasmedge::run
