#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/run/context.h"

/// Machine code for guests of these tests (x86_64), as the compiler could have made it: context in
/// rdi, parameters in rsi, rdx, rcx, r8, r9.
namespace wasmedge::run::code {

inline std::string bytes(std::string_view hex) {
  std::string code;
  unsigned value = 0, digits = 0;
  for (const char c : hex) {
    if (c == ' ') continue;
    value = value << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    if (++digits % 2 == 0) {
      code += static_cast<char>(value);
      value = 0;
    }
  }
  return code;
}

inline std::string word(uint32_t value) {
  return {static_cast<char>(value), static_cast<char>(value >> 8), static_cast<char>(value >> 16),
          static_cast<char>(value >> 24)};
}

/// An EntryThunk for every type of at most five integer parameters and one integer result: loads
/// five values, stores one.
inline std::string thunk() {
  return bytes(
      "53"            // push rbx
      "4889d3"        // mov rbx, rdx
      "4889f8"        // mov rax, rdi
      "4889f7"        // mov rdi, rsi
      "488b33"        // mov rsi, [rbx]
      "488b5310"      // mov rdx, [rbx + 16]
      "488b4b20"      // mov rcx, [rbx + 32]
      "4c8b4330"      // mov r8, [rbx + 48]
      "4c8b4b40"      // mov r9, [rbx + 64]
      "ffd0"          // call rax
      "4889035bc3");  // mov [rbx], rax; pop rbx; ret
}

/// The EntryThunk for [] -> []: mov rax, rdi; mov rdi, rsi; jmp rax
inline std::string thunk_without_values() {
  return bytes("4889f8 4889f7 ffe0");
}

inline std::string add() {
  return bytes("8d0416 c3");
}  // lea eax, [rsi + rdx]; ret
inline std::string constant42() {
  return bytes("b82a000000 c3");
}
inline std::string constant_f64_42() {
  return bytes("48b80000000000004540 66480f6ec0 c3");  // mov rax, bits; movq xmm0, rax
}

/// mov rax, [rdi + memory_base(0)]; mov esi, esi; mov eax, [rax + rsi]; ret
inline std::string load() {
  return bytes("488b4720 89f6 8b0430 c3");
}
/// The farthest access that an i32 address and offset reach, eight bytes wide.
inline std::string load_far() {
  return bytes("488b4720 89f6 b9ffffffff 4801c8 488b0430 c3");
}
/// mov [rax + rsi], edx
inline std::string store() {
  return bytes("488b4720 89f6 891430 c3");
}
/// lock xadd [rax + rsi], edx: the old value
inline std::string atomic_add() {
  return bytes("488b4720 89f6 f00fc11430 89d0 c3");
}
/// Reads address 16: a bug of the compiler, not a trap.
inline std::string wild_load() {
  return bytes("48c7c010000000 8b00 c3");
}

/// ud1 with the trap's code.
inline std::string trap(uint8_t code) {
  return bytes("670fb940") + static_cast<char>(code);
}
/// ud2: no trap of ours.
inline std::string undefined_instruction() {
  return bytes("0f0b");
}
/// Overwrites every callee-saved register, sets the direction flag, traps.
inline std::string clobber_and_trap() {
  return bytes(
             "48c7c301000000 48c7c502000000 49c7c403000000 49c7c504000000 49c7c605000000 "
             "49c7c706000000 fd") +
         trap(1);
}

/// Recursion without end, a page each.
inline std::string recurse() {
  return bytes(
      "4881ecf80f0000"  // sub rsp, 0xff8
      "48893c24"        // mov [rsp], rdi
      "e8f0ffffff"      // call itself
      "4881c4f80f0000 c3");
}

/// Passes its parameters on to the builtin at this offset in Builtins.
inline std::string call_builtin(size_t offset) {
  return bytes("50 488b07 ff90") + word(static_cast<uint32_t>(offset)) + bytes("59 c3");
}

/// Passes its parameters on to the imported function whose FuncRef is at this offset in Context.
inline std::string call_import(uint32_t offset) {
  return bytes("50 488b87") + word(offset) + bytes("488bbf") + word(offset + 8) +
         bytes("ffd0 59 c3");
}

/// Calls element p0 of the table whose pointer is at this offset with p1.
inline std::string call_indirect(uint32_t offset) {
  return bytes("488b87") + word(offset) + bytes("488b08 89f6 488b04f1 488b7808 4889d6 ff20");
}

/// Reads and writes the global whose pointer is at this offset.
inline std::string global_get(uint32_t offset) {
  return bytes("488b87") + word(offset) + bytes("488b00 c3");
}
inline std::string global_set(uint32_t offset) {
  return bytes("488b87") + word(offset) + bytes("488930 c3");
}

}  // namespace wasmedge::run::code
