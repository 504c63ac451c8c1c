#pragma once

#include <linux/limits.h>
#include <sys/uio.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/wasi/beneath.h"
#include "runtime/wasi/config.h"
#include "runtime/wasi/denials.h"
#include "runtime/wasi/edge_poll.h"
#include "runtime/wasi/fds.h"
#include "runtime/wasi/guest_memory.h"
#include "runtime/wasi/network.h"

namespace wasmedge::wasi {

/// Strings as the guest gets them: each with its NUL, one after the other.
struct StringList {
  std::string bytes;
  std::vector<uint32_t> offsets;
};

/// What all threads of a guest share: what a guest has belongs here. Either it does not change once
/// the guest runs, or it locks by itself, and holds no lock during a call that may block.
struct GuestState {
  FdTable fds;
  StringList arguments;
  StringList environment;
  Denials denials;
  NetworkPolicy network;
  int trace = -1;                   // as WasiConfig's
  std::atomic<bool> ended = false;  // set once, when the guest's threads are to end
};

/// One thread's way to the guest's state, and the first argument of its WASI functions. Used by
/// that thread alone.
///
/// Host functions run on the guest's stack, with at least 64 KiB left (functions.cc): large buffers
/// are here.
struct WasiEnv {
  /// Of a guest's first thread. Errors: kInvalidArgument: arguments or variables with NUL bytes, or
  /// too large for a guest; a variable without '='.
  static Result<std::unique_ptr<WasiEnv>> make(WasiConfig config);
  /// Of another thread. Its memory is not bound.
  static std::unique_ptr<WasiEnv> make(std::shared_ptr<GuestState> guest);

  /// The open descriptor `fd` with all of `rights`. Else kBadF or kNotCapable.
  Errno descriptor(uint32_t fd, Rights rights, DescriptorRef& out) const;
  /// Likewise, and not a directory; else kBadF, as for what was never opened to be read or written.
  Errno file(uint32_t fd, Rights rights, DescriptorRef& out) const;
  /// Likewise, and a directory; else kNotDir.
  Errno directory(uint32_t fd, Rights rights, DescriptorRef& out) const;

  using Path = std::array<char, PATH_MAX>;
  /// Copies a path out of guest memory. Errors: kFault, kNameTooLong, kInval (a NUL in it).
  Errno path(uint32_t address, uint32_t size, Path& out) const;

  /// Whether the guest is to end because one of its threads has ended it: a call that a signal
  /// interrupted is given up then (retry()).
  bool ended() const { return guest->ended.load(std::memory_order_relaxed); }

  const std::shared_ptr<GuestState> guest;
  FdTable& fds = guest->fds;
  const StringList& arguments = guest->arguments;
  const StringList& environment = guest->environment;
  Denials& denials = guest->denials;
  NetworkPolicy& network = guest->network;
  GuestMemory memory;
  Beneath beneath;
  std::unique_ptr<EdgePoll> edges;  // of epoll_oneoff; made by its first call
  bool has_noappend = true;         // pwritev2(2) knows RWF_NOAPPEND, as far as we know

  // Scratch, used within one call.
  Path path1;
  Path path2;
  std::array<iovec, IOV_MAX> iovecs;
  alignas(8) std::array<std::byte, 32768> entries;

 private:
  explicit WasiEnv(std::shared_ptr<GuestState> state) : guest(std::move(state)) {}
};

/// `call()`, a system call that may block: again each time that a signal interrupts it, unless the
/// guest is to end. Its result; errno is EINTR in that case.
template <typename Call>
auto retry(const WasiEnv& env, const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR && !env.ended()) result = call();
  return result;
}

}  // namespace wasmedge::wasi
