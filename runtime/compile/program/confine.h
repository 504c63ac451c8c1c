#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "runtime/base/limits.h"
#include "runtime/base/result.h"

/// Work on hostile bytes, done in a child process that can compute and nothing else.
namespace wasmedge::compile {

struct Bounds {
  uint64_t memory_bytes = kLimits.compiler_memory_bytes;  // of address space
  uint32_t cpu_seconds = kLimits.compiler_cpu_seconds;    // of all threads together
  uint32_t wall_seconds = kLimits.compiler_wall_seconds;
  uint64_t output_bytes = kLimits.compiler_output_bytes;  // that may be written to one file
};

/// Forks and runs `work` in the child, with only the fds `keep` and a report pipe (as stderr) open;
/// waits for its end. Call it from a process with one thread.
///
/// The child has the bounds as resource limits, no core dump, no new file descriptors, is the first
/// that the kernel kills when memory runs out, dies with its parent, runs as nobody if it was root,
/// and may only make system calls that compute: memory without PROT_EXEC, threads, read and write.
/// openat(2) fails; any other call ends it. In sanitizer builds (see confined_fully) memory and
/// system calls are left open.
///
/// `doing` stands in messages: "compiling hello.wasm". Errors: work's own; kResourceExhausted
/// naming the bound that was reached; kInternal if the child crashed, with what it said last.
Result<> run_confined(const Bounds& bounds, std::span<const int> keep, std::string_view doing,
                      const std::function<Result<>()>& work);

/// False in sanitizer builds: their runtime needs terabytes of address space and its own system
/// calls.
bool confined_fully();

/// For libraries' out-of-memory handlers, in the child: ends it with the message for the memory
/// bound.
[[noreturn]] void end_out_of_memory();
/// Likewise for libraries' fatal errors: ends it with kInternal and this message.
[[noreturn]] void end_fatal(std::string_view message);

}  // namespace wasmedge::compile
