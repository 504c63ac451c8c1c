#include <cstdio>
#include <cstdlib>

#include "runtime/run/activation.h"
#include "runtime/run/fault_region.h"
#include "runtime/run/instance.h"
#include "runtime/run/sanitizer.h"

namespace wasmedge::run {

constinit thread_local Activation* Activation::current = nullptr;

namespace {

struct Entry {
  const Function& function;
  Value* values;
  StackSwitch* stack_switch;  // null in a nested entry
};

// First function on the guest's stack.
void run_entry(void* argument) {
  const Entry& entry = *static_cast<Entry*>(argument);
  if (entry.stack_switch != nullptr) entry.stack_switch->arrive_at_guest();
  entry.function.entry(entry.function.ref.code, entry.function.ref.context, entry.values);
  if (entry.stack_switch != nullptr) entry.stack_switch->leave_guest();
}

Outcome outcome_of(const Activation& activation) {
  Outcome outcome;
  switch (activation.end) {
    case Activation::End::kReturned:
      break;
    case Activation::End::kExited:
      outcome.kind = Outcome::Kind::kExited;
      outcome.exit_status = activation.exit_status;
      break;
    case Activation::End::kTrapped:
      outcome.kind = Outcome::Kind::kTrapped;
      outcome.trap.code = activation.trap;
      if (activation.exception != nullptr) outcome.trap.tag = activation.exception->name;
      if (const Artifact* artifact = FaultRegion::text_at(activation.pc); artifact != nullptr) {
        artifact->locate(activation.pc, outcome.trap);
      }
      break;
  }
  return outcome;
}

Activation& innermost(const char* what) {
  if (Activation::current == nullptr) {
    std::fprintf(stderr, "%s: no guest runs on this thread\n", what);
    std::abort();
  }
  return *Activation::current;
}

}  // namespace

Outcome call(const Function& function, std::span<Value> values) {
  install_fault_handler();
  Activation activation;
  activation.previous = Activation::current;
  activation.stack = GuestStack::of_thread();
  if (activation.stack == nullptr) {
    return {Outcome::Kind::kTrapped, 0, {TrapCode::kOutOfMemory, TrapReport::kNoFunction, {}, 0}};
  }
  const GuestStack& stack = *activation.stack;
  // A host function that calls back runs on the guest's stack already.
  const bool nested = activation.previous != nullptr;
  StackSwitch stack_switch;
  Entry entry{function, values.data(), nested ? nullptr : &stack_switch};
  Activation::current = &activation;
  if (!nested) stack_switch.leave_host(stack);
  wasmedge_guest_enter(&activation, nested ? nullptr : stack.top(), run_entry, &entry);
  const bool ended_early = activation.end != Activation::End::kReturned;
  if (!nested) stack_switch.back_on_host(stack, ended_early);
  if (nested && ended_early) StackSwitch::forget_below(stack);
  Activation::current = activation.previous;
  return outcome_of(activation);
}

void trap_guest(TrapCode code, const void* pc) {
  Activation& activation = innermost("trap_guest");
  activation.end = Activation::End::kTrapped;
  activation.trap = code;
  activation.pc = pc;
  wasmedge_guest_unwind(&activation);
}

void need_stack(const void* pc) {
  constexpr std::ptrdiff_t kRoom = std::ptrdiff_t{32} << 10;
  const auto* here = static_cast<const std::byte*>(__builtin_frame_address(0));
  if (here - innermost("need_stack").stack->bottom() < kRoom) {
    trap_guest(TrapCode::kStackOverflow, pc);
  }
}

void trap_uncaught(const Tag& tag, const void* pc) {
  innermost("trap_uncaught").exception = &tag;
  trap_guest(TrapCode::kUncaughtException, pc);
}

void exit_guest(uint32_t status) {
  Activation& activation = innermost("exit_guest");
  activation.end = Activation::End::kExited;
  activation.exit_status = status;
  wasmedge_guest_unwind(&activation);
}

}  // namespace wasmedge::run
