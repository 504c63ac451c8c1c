#pragma once

#include <signal.h>
#include <ucontext.h>

#include <cstdint>
#include <cstring>
#include <optional>

#include "runtime/run/unwind.h"

// See machine.h.
namespace wasmedge::run {

inline constexpr int kTrapSignal = SIGTRAP;

inline uint64_t program_counter(const ucontext_t& context) {
  return context.uc_mcontext.pc;
}

// llvm.ubsantrap(code) is `brk #0x5500 + code`: bits 5 to 20 of 0xd4200000 hold the number.
inline std::optional<uint8_t> trap_code_at(const void* pc) {
  uint32_t instruction = 0;
  std::memcpy(&instruction, pc, sizeof(instruction));
  const uint32_t number = (instruction >> 5) & 0xffff;
  if ((instruction & 0xffe0'001f) != 0xd420'0000 || number >> 8 != 0x55) return std::nullopt;
  return static_cast<uint8_t>(number);
}

inline Registers registers_of(const ucontext_t& context) {
  constexpr size_t kFirst = 19, kIntegers = 12;  // x19 to x30
  Registers registers{};
  for (size_t i = 0; i < kIntegers; ++i) registers.saved[i] = context.uc_mcontext.regs[kFirst + i];
  registers.sp = context.uc_mcontext.sp;
  return registers;
}

inline void go_to(ucontext_t& context, uint64_t pc, uint64_t sp) {
  context.uc_mcontext.sp = sp;
  context.uc_mcontext.pc = pc;
}

}  // namespace wasmedge::run
