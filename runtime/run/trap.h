#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/run/context.h"

namespace wasmedge::run {

inline constexpr uint32_t kNoFunction = ~uint32_t{0};

/// A frame of the guest's stack. Strings are the module's, unescaped.
struct TrapFrame {
  uint32_t function = kNoFunction;  // index in the module; kNoFunction: host functions
  std::string function_name{};      // from the name section
  std::string module{};             // what messages call it: its path, mostly
  uint32_t wasm_offset = 0;         // bytes from the module's start; 0: unknown
  std::string file{};               // of the source, if the module tells (DWARF)
  uint32_t line = 0;
};

/// Why and where a guest trapped.
struct TrapReport {
  static constexpr uint32_t kNoFunction = run::kNoFunction;

  TrapCode code = TrapCode::kUnreachable;
  uint32_t function = kNoFunction;  // index in the module; kNoFunction: in host code
  std::string function_name{};      // from the module's name section; the module's bytes, unescaped
  uint32_t wasm_offset = 0;         // bytes from the module's start; 0: unknown
  std::string tag{};                // kUncaughtException: its name, if it has one; unescaped, too
  std::vector<TrapFrame> frames{};  // the innermost first, which is the place above
  uint64_t omitted = 0;             // frames that are left out,
  size_t omitted_behind = 0;        // behind as many of `frames`
};

/// The spec's text of a trap: "out of bounds memory access".
std::string_view trap_text(TrapCode code);

/// "trap: out of bounds memory access in function $name (index 12) at module offset 0x1a4", as much
/// of it as is known and fits `buffer`; control bytes of the name are escaped. Returns the size
/// written. Async-signal-safe.
size_t format_trap(const TrapReport& report, std::span<char> buffer);
std::string to_string(const TrapReport& report);

/// A line for each frame, with its newline: "  #1 $name (index 12) at module.wasm+0x1a4,
/// src/file.c:7"; empty if none is known.
std::string format_backtrace(const TrapReport& report);

/// to_string() and format_backtrace(), in one write(2). Async-signal-safe if there are no frames.
void print_trap(int fd, const TrapReport& report);

/// How a call into a guest ended.
struct Outcome {
  enum class Kind : uint8_t { kReturned, kTrapped, kExited };
  Kind kind = Kind::kReturned;
  uint32_t exit_status = 0;  // kExited
  TrapReport trap;           // kTrapped

  bool returned() const { return kind == Kind::kReturned; }
};

/// For a signal handler (SA_SIGINFO, SA_ONSTACK) with its third argument: if the signal found this
/// thread in compiled code, or in what compiled code calls for bulk operations and to wait, the
/// guest ends with kInterrupted soon after the handler has returned. False, and nothing happens, if
/// it was elsewhere, other host functions included. Async-signal-safe.
bool interrupt_guest(void* context);

/// For host functions: ends the guest at once. The innermost call into the guest on this thread
/// returns kExited with `status`. Host frames in between are abandoned without their destructors,
/// so nothing may be owned by them. Terminates the process if no guest runs on this thread.
[[noreturn]] void exit_guest(uint32_t status);

}  // namespace wasmedge::run
