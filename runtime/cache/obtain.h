#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/cache/hashes.h"
#include "runtime/cache/key.h"
#include "runtime/cache/store.h"

/// The client's side of `wasmedge-compiler`, without LLVM: how a program that found no artifact for
/// a module gets one.
///
///   wasmedge-compiler [--cache DIR --client-build ID] [--target ARCHITECTURE] [--metered]
///     [--emit ir|asm [--function F]] --name NAME --module-fd N --reply-fd M
///
/// N: the module's file, read from offset 0 by pread(2), whatever its position. M: one end of a
/// socketpair(AF_UNIX, SOCK_SEQPACKET). The compiler copies the module before it hashes it, so that
/// the artifact always belongs to the bytes it was made from; publishes the artifact in DIR (if
/// given and writable); sends ONE reply and exits:
///   first byte 0      done: the artifact's fd is attached (SCM_RIGHTS), open read-only, the
///                     cache's file; the rest of the bytes, if any, is a warning for the log
///   first byte 128    the same, and it was compiled just now: where the cache could not be
///                     written, the fd is a sealed memfd
///   first byte 1 + c  failed with ErrorCode c; the rest is the message
/// EOF without a reply: the compiler died. Its exit status says no more than the reply (0 or 1).
namespace wasmedge::cache {

struct CompileJob {
  std::string compiler;         // path of the program `wasmedge-compiler`
  std::string cache_directory;  // empty: none, the artifact comes back as a memfd
  int module = -1;              // a regular file or memfd, readable; stays the caller's
  std::string name;             // of the module, for messages
  Architecture target = kThisArchitecture;
  bool metered = false;    // code that uses up fuel
  std::string emit{};      // "ir" or "asm": the reply is that text, and nothing is cached
  std::string function{};  // index or name of the only one to emit; empty: all
};

/// A compiler at work. `reply` becomes readable when it has ended or failed; wait for that in any
/// event loop, then finish(). Destruction before that abandons the job: the compiler completes and
/// publishes, and the caller has to reap `pid`.
struct Compilation {
  pid_t pid = -1;
  Fd reply;
  std::string name;
};

/// Starts the compiler as a child with only stderr (the caller's fd 2) and the two fds open. Fast
/// (no copy of the caller's memory). Errors: the program cannot be executed (names it).
Result<Compilation> start(const CompileJob& job);

/// Starts a program of ours that sends one Reply (reply.h) and ends, as the compiler does. It gets
/// `arguments` (argv[0], its path, first), then "--module-fd 3", if there is a module (-1: none),
/// and "--reply-fd 4".
Result<Compilation> start_program(std::vector<std::string> arguments, int module, std::string name);

struct Compiled {
  Fd artifact;
  bool fresh = false;   // compiled now, and not by another meanwhile
  std::string warning;  // empty, or why the artifact was not cached or had to be made again
};

/// Receives the reply (blocks until there is one) without reaping the child, for a caller that
/// reaps children itself. Errors: the compiler's own, or kInternal if it died.
Result<Compiled> receive(const Compilation& compilation);

/// receive() and waitpid(2).
Result<Compiled> finish(Compilation& compilation);

/// The hit path, all in one: the module's hash (hashes.h), key, lookup. Nothing if the store has no
/// artifact for it, or there is no store.
Result<std::optional<Fd>> find(const Store* store, const ModuleSource& module,
                               bool metered = false);

}  // namespace wasmedge::cache
