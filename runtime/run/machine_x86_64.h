#pragma once

#include <signal.h>
#include <ucontext.h>

#include <cstdint>
#include <optional>

#include "runtime/run/unwind.h"

// See machine.h.
namespace wasmedge::run {

inline constexpr int kTrapSignal = SIGILL;

inline uint64_t program_counter(const ucontext_t& context) {
  return static_cast<uint64_t>(context.uc_mcontext.gregs[REG_RIP]);
}

// llvm.ubsantrap(code) is `ud1l code(%eax), %eax`: 67 0f b9 40 <code>.
inline std::optional<uint8_t> trap_code_at(const void* pc) {
  const auto* at = static_cast<const uint8_t*>(pc);
  if (at[0] != 0x67 || at[1] != 0x0f || at[2] != 0xb9 || at[3] != 0x40) return std::nullopt;
  return at[4];
}

inline Registers registers_of(const ucontext_t& context) {
  const auto& registers = context.uc_mcontext.gregs;
  const auto value = [&registers](int name) { return static_cast<uint64_t>(registers[name]); };
  return {.saved = {value(REG_RBX), value(REG_RBP), value(REG_R12), value(REG_R13), value(REG_R14),
                    value(REG_R15)},
          .sp = value(REG_RSP)};
}

inline void go_to(ucontext_t& context, uint64_t pc, uint64_t sp) {
  constexpr greg_t kDirectionFlag = 0x400;
  auto& registers = context.uc_mcontext.gregs;
  registers[REG_RSP] = static_cast<greg_t>(sp);
  registers[REG_RIP] = static_cast<greg_t>(pc);
  registers[REG_EFL] &= ~kDirectionFlag;
}

}  // namespace wasmedge::run
