#include "runtime/run/activation.h"
#include "runtime/run/fault_region.h"
#include "runtime/run/interruption.h"
#include "runtime/run/machine.h"
#include "runtime/run/trap.h"

// Turns faults of guests into traps. A fault is a trap only if a guest runs on this thread and
//   SIGSEGV  hit the guard of its stack, or
//   SIGSEGV  came from compiled code, and hit the reservation of a linear memory, or
//   SIGILL   (SIGTRAP on aarch64) is an instruction of compiled code that carries a trap's code.
// Then the thread resumes at the landing of its innermost entry. Any other fault is what it was
// before: the previous handler's, or the end of the process.
namespace wasmedge::run {
namespace {

struct sigaction previous_segv;
struct sigaction previous_trap;

const void* place_of(const ucontext_t& context) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): a register is an integer
  return reinterpret_cast<const void*>(program_counter(context));
}

bool decode_trap(const void* pc, TrapCode& code) {
  const std::optional<uint8_t> found = trap_code_at(pc);
  if (!found) return false;
  switch (static_cast<TrapCode>(*found)) {
#define X(name, number, text) case TrapCode::name:
    WASMEDGE_TRAPS(X)
#undef X
    code = static_cast<TrapCode>(*found);
    return true;
  }
  return false;
}

bool is_trap(int signal, const siginfo_t& info, const void* pc, const Activation& activation,
             TrapCode& code) {
  if (info.si_code <= 0) return false;  // sent by kill(2), not by the CPU
  if (signal == kTrapSignal) return FaultRegion::text_at(pc) != nullptr && decode_trap(pc, code);
  if (activation.stack->in_guard(info.si_addr)) {
    code = TrapCode::kStackOverflow;
    return true;
  }
  code = TrapCode::kMemoryOutOfBounds;
  return FaultRegion::text_at(pc) != nullptr && FaultRegion::is_memory(info.si_addr);
}

void resume_at_landing(ucontext_t& context, const Activation& activation) {
  go_to(context, reinterpret_cast<uint64_t>(&wasmedge_guest_landing),
        reinterpret_cast<uint64_t>(activation.host_sp));
}

void pass_on(int signal, siginfo_t* info, void* context) {
  const struct sigaction& previous = signal == SIGSEGV ? previous_segv : previous_trap;
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    // The instruction faults again when we return, and then ends the process.
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    sigaction(signal, &standard, nullptr);
    if (info->si_code <= 0) raise(signal);
  }
}

void end_guest(Activation& activation, TrapCode code, ucontext_t& context) {
  activation.end = Activation::End::kTrapped;
  activation.trap = code;
  activation.registers = registers_of(context);
  activation.pc = place_of(context);
  activation.at_call = false;
  resume_at_landing(context, activation);
}

void handle_fault(int signal, siginfo_t* info, void* raw_context) {
  auto& context = *static_cast<ucontext_t*>(raw_context);
  Activation* activation = Activation::current;
  TrapCode code{};
  const void* pc = place_of(context);
  if (activation == nullptr || !is_trap(signal, *info, pc, *activation, code)) {
    return pass_on(signal, info, raw_context);
  }
  end_guest(*activation, code, context);
}

bool install() {
  struct sigaction action{};
  action.sa_sigaction = handle_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigfillset(&action.sa_mask);  // none may interrupt it and end the guest a second time
  return sigaction(SIGSEGV, &action, &previous_segv) == 0 &&
         sigaction(kTrapSignal, &action, &previous_trap) == 0;
}

}  // namespace

bool interrupt_guest(void* raw_context) {
  auto& context = *static_cast<ucontext_t*>(raw_context);
  if (Activation::current == nullptr) return false;
  if (!FaultRegion::is_surely_text(place_of(context))) return Interruption::request();
  end_guest(*Activation::current, TrapCode::kInterrupted, context);
  return true;
}

void install_fault_handler() {
  [[maybe_unused]] static const bool kInstalled = install();
}

}  // namespace wasmedge::run
