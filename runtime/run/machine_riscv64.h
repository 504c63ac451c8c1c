#pragma once

#include <signal.h>
#include <ucontext.h>

#include <cstdint>
#include <cstring>
#include <optional>

#include "runtime/run/unwind.h"

// See machine.h.
namespace wasmedge::run {

inline constexpr int kTrapSignal = SIGILL;

inline uint64_t program_counter(const ucontext_t& context) {
  return context.uc_mcontext.__gregs[REG_PC];
}

// `csrrw x0, cycle, x<code>`: a write to a register that cannot be written, as `unimp` is one with
// x0. Bits 15 to 19 of 0xc0001073 hold the code.
inline std::optional<uint8_t> trap_code_at(const void* pc) {
  uint32_t instruction = 0;
  std::memcpy(&instruction, pc, sizeof(instruction));
  if ((instruction & 0xfff0'7fff) != 0xc000'1073) return std::nullopt;
  return static_cast<uint8_t>((instruction >> 15) & 0x1f);
}

inline Registers registers_of(const ucontext_t& context) {
  constexpr size_t kIntegers = 13;
  Registers registers{};
  for (size_t i = 0; i < kIntegers; ++i) {
    registers.saved[i] = context.uc_mcontext.__gregs[kFrameRegisters.saved[i]];
  }
  registers.sp = context.uc_mcontext.__gregs[REG_SP];
  return registers;
}

inline void go_to(ucontext_t& context, uint64_t pc, uint64_t sp) {
  context.uc_mcontext.__gregs[REG_SP] = sp;
  context.uc_mcontext.__gregs[REG_PC] = pc;
}

}  // namespace wasmedge::run
