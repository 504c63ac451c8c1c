#include <cstdio>
#include <cstdlib>

#include "runtime/run/activation.h"
#include "runtime/run/backtrace.h"
#include "runtime/run/instance.h"
#include "runtime/run/sanitizer.h"
#include "runtime/run/text.h"

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

TrapFrame describe(const StackFrame& frame) {
  TrapFrame described;
  if (frame.artifact == nullptr) return described;
  described.module = frame.artifact->name();
  frame.artifact->locate(frame.pc, described);
  return described;
}

void describe(const Backtrace& frames, TrapReport& report) {
  for (const StackFrame& frame : frames.first()) report.frames.push_back(describe(frame));
  report.omitted = frames.omitted();
  report.omitted_behind = report.frames.size();
  for (size_t i = 0; i < frames.last_size(); ++i) {
    report.frames.push_back(describe(frames.last(i)));
  }
  if (report.frames.empty()) return;
  const TrapFrame& innermost = report.frames.front();
  report.function = innermost.function;
  report.function_name = innermost.function_name;
  report.wasm_offset = innermost.wasm_offset;
}

Outcome outcome_of(const Activation& activation, const Backtrace& frames) {
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
      describe(frames, outcome.trap);
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

// Where a nested entry's frames begin: far enough down that they are still whole, after a trap,
// when the stack has been walked from here.
std::byte* beneath(void* frame) {
  constexpr uintptr_t kRoom = uintptr_t{8} << 10, kAlignment = 16;
  const uintptr_t place = (reinterpret_cast<uintptr_t>(frame) - kRoom) & ~(kAlignment - 1);
  return reinterpret_cast<std::byte*>(place);  // NOLINT(performance-no-int-to-ptr)
}

}  // namespace

Outcome call(const Function& function, std::span<Value> values) {
  install_fault_handler();
  Activation activation;
  activation.previous = Activation::current;
  activation.stack = GuestStack::of_thread();
  if (activation.stack == nullptr) {
    return {Outcome::Kind::kTrapped, 0, {.code = TrapCode::kOutOfMemory}};
  }
  const GuestStack& stack = *activation.stack;
  // A host function that calls back runs on the guest's stack already.
  const bool nested = activation.previous != nullptr;
  StackSwitch stack_switch;
  Entry entry{function, values.data(), nested ? nullptr : &stack_switch};
  Activation::current = &activation;
  std::byte* top = nested ? beneath(__builtin_frame_address(0)) : stack.top();
  activation.guest_top = top;
  if (!nested) stack_switch.leave_host(stack);
  wasmedge_guest_enter(&activation, top, run_entry, &entry);
  const bool ended_early = activation.end != Activation::End::kReturned;
  const Backtrace frames = walk_stack(activation);
  if (!nested) stack_switch.back_on_host(stack, ended_early);
  if (nested && ended_early) StackSwitch::forget_below(stack);
  Activation::current = activation.previous;
  return outcome_of(activation, frames);
}

void trap_guest(TrapCode code, const Registers& caller) {
  Activation& activation = innermost("trap_guest");
  activation.end = Activation::End::kTrapped;
  activation.trap = code;
  activation.registers = caller;
  activation.pc = as_pointer(caller.pc()) - 1;
  activation.at_call = true;
  wasmedge_guest_unwind(&activation);
}

void need_stack(const Registers& caller) {
  constexpr std::ptrdiff_t kRoom = std::ptrdiff_t{32} << 10;
  const auto* here = static_cast<const std::byte*>(__builtin_frame_address(0));
  if (here - innermost("need_stack").stack->bottom() < kRoom) {
    trap_guest(TrapCode::kStackOverflow, caller);
  }
}

void trap_uncaught(const Tag& tag, const Registers& thrower) {
  innermost("trap_uncaught").exception = &tag;
  trap_guest(TrapCode::kUncaughtException, thrower);
}

void exit_guest(uint32_t status) {
  Activation& activation = innermost("exit_guest");
  activation.end = Activation::End::kExited;
  activation.exit_status = status;
  wasmedge_guest_unwind(&activation);
}

}  // namespace wasmedge::run
