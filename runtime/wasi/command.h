#pragma once

#include <memory>
#include <string>

#include "runtime/base/result.h"
#include "runtime/wasi/config.h"

namespace wasmedge::run {
class Artifact;
}

namespace wasmedge::wasi {

/// Status of a guest that trapped: 128 + SIGABRT, as the shell would say of a native program.
inline constexpr int kTrapStatus = 134;

/// A WASI program, ready to run: linked and instantiated, with no guest instruction executed yet.
/// `wasmedge` and `wasmedge-init` both run programs through it.
class Command {
 public:
  /// Links `artifact` with WASI's functions and instantiates it; runs no guest code, the module's
  /// start function included. `reactor`: name of the exported function to call after `_initialize`;
  /// empty for a command, whose `_start` is called. If that function has parameters, they are read
  /// from the arguments after the first (call_text.h); run() writes its results to stdout.
  /// The configuration's limits hold from the start; that of fuel needs a metered artifact.
  /// Errors (kInvalidArgument, but for the limit on memory): an import that the host lacks or has
  /// with another type; no
  /// `_start` (or reactor function); a `_start` or `_initialize` of another type than [] -> [], or
  /// arguments that are not the function's; no memory named "memory"; no place for
  /// threads to begin, or no shared memory, though wasi.thread-spawn is imported. Each says what is
  /// there and what was wanted. Arguments and environment with NUL bytes, or too large for a 32-bit
  /// guest, are errors too.
  static Result<Command> prepare(const std::shared_ptr<const run::Artifact>& artifact,
                                 WasiConfig config, const std::string& reactor = {});

  /// Whether the module imports wasi.thread-spawn: only then does it need to be let make threads
  /// (clone or clone3, and what a thread of the C library does first and last).
  bool may_spawn_threads() const;

  /// Runs the guest to its end, once, its first thread on the calling thread; when it returns, its
  /// threads have ended (threads.h has the exception). The exit status: 0 if the function
  /// returned, proc_exit's code (its low 8 bits are what a process can tell), or kTrapStatus after
  /// a trap, whose message goes to `trap_fd` (one write; -1: nowhere), with a line for each frame.
  int run(int trap_fd = 2);

  Command(Command&&) noexcept;
  Command& operator=(Command&&) noexcept;
  ~Command();

 private:
  struct State;
  explicit Command(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace wasmedge::wasi
