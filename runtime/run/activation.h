#pragma once

#include <cstdint>

#include "runtime/run/context.h"
#include "runtime/run/guest_stack.h"

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
  const void* pc = nullptr;        // kTrapped: where in text, if there
  uint32_t exit_status = 0;        // kExited
  const Tag* exception = nullptr;  // of an uncaught exception

  /// The innermost entry of this thread, or null. Read by the fault handler.
  static constinit thread_local Activation* current;
};

/// Makes the fault handler the process's, once.
void install_fault_handler();

/// Ends the innermost entry of this thread with a trap. `pc` is an address in the trapping
/// function.
[[noreturn]] void trap_guest(TrapCode code, const void* pc);

/// For builtins that allocate or lock, which must not run into the end of the stack halfway: ends
/// the guest with "call stack exhausted" unless there is room.
void need_stack(const void* pc);

/// As trap_guest, for an exception with this tag that nobody caught.
[[noreturn]] void trap_uncaught(const Tag& tag, const void* pc);

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
