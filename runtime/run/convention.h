#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "runtime/base/architecture.h"
#include "runtime/base/limits.h"

/// What compiled code and the runtime agree on and architectures do not: the compiler asks for its
/// target's, the runtime for this machine's. The calling convention itself is in context.h.
namespace wasmedge::run {

/// How many parameters and results of a Wasm function are in registers; the context is one of the
/// integers. All are C's registers, so that a host function finds what it expects.
struct CallRegisters {
  uint32_t integers = 0;  // parameters: integers and references
  uint32_t floats = 0;    // parameters: floats, and vectors if has_vectors
  uint32_t results = 0;   // in all, of which two integers and two others at most
  // Vectors are with the floats. If not, they are in cells always, but for a result that is the
  // only one.
  bool has_vectors = false;
};

constexpr CallRegisters call_registers(Architecture architecture) {
  switch (architecture) {
    case Architecture::kX86_64:
      return {.integers = 6, .floats = 8, .results = 4, .has_vectors = true};
    case Architecture::kAarch64:
      return {.integers = 8, .floats = 8, .results = 4, .has_vectors = true};
    case Architecture::kRiscv64:
      break;
  }
  return {.integers = 8, .floats = 8, .results = 2, .has_vectors = false};
}

inline constexpr uint32_t kIntegerResults = 2, kFloatResults = 2;

/// What is needed to leave a frame, by DWARF's numbers of registers.
struct FrameRegisters {
  std::span<const uint8_t> saved;  // those that a call preserves, and the return address
  uint8_t frame_pointer = 0;       // their places in `saved`
  uint8_t return_address = 0;
  uint32_t stack_pointer = 0;  // DWARF's number
  // Calls put the return address on the stack, one word below the CFA; else into a register.
  bool returns_by_stack = false;
  // Where a function with a frame pointer has its caller's, in words from its own.
  int32_t saved_frame_pointer = 0;
};

namespace detail {
// rbx, rbp, r12 to r15, and the return address, which is no register
inline constexpr std::array<uint8_t, 7> kSavedX86_64 = {3, 6, 12, 13, 14, 15, 16};
// x19 to x28, x29 (frame pointer), x30 (link register), d8 to d15
inline constexpr std::array<uint8_t, 20> kSavedAarch64 = {19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
                                                          29, 30, 72, 73, 74, 75, 76, 77, 78, 79};
// s0 (frame pointer) to s11, ra, fs0 to fs11
inline constexpr std::array<uint8_t, 25> kSavedRiscv64 = {8,  9,  18, 19, 20, 21, 22, 23, 24,
                                                          25, 26, 27, 1,  40, 41, 50, 51, 52,
                                                          53, 54, 55, 56, 57, 58, 59};
}  // namespace detail

constexpr FrameRegisters frame_registers(Architecture architecture) {
  switch (architecture) {
    case Architecture::kX86_64:
      return {.saved = detail::kSavedX86_64,
              .frame_pointer = 1,
              .return_address = 6,
              .stack_pointer = 7,
              .returns_by_stack = true};
    case Architecture::kAarch64:
      return {.saved = detail::kSavedAarch64,
              .frame_pointer = 10,
              .return_address = 11,
              .stack_pointer = 31};
    case Architecture::kRiscv64:
      break;
  }
  return {.saved = detail::kSavedRiscv64,
          .frame_pointer = 0,
          .return_address = 12,
          .stack_pointer = 2,
          .saved_frame_pointer = -2};
}

inline constexpr size_t kMostSavedRegisters = detail::kSavedRiscv64.size();

/// The most bytes that a frame can have where code does not touch every page of its frame in
/// order; the guard of the stack is larger than two of those. 0: it does touch them.
constexpr uint64_t unprobed_frame_bytes(Architecture architecture) {
  return architecture == Architecture::kRiscv64 ? kLimits.guest_stack_bytes : 0;
}

}  // namespace wasmedge::run
