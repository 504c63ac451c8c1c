#pragma once

#include <linux/limits.h>
#include <sys/uio.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/wasi/beneath.h"
#include "runtime/wasi/config.h"
#include "runtime/wasi/fds.h"
#include "runtime/wasi/guest_memory.h"

namespace wasmedge::wasi {

/// Strings as the guest gets them: each with its NUL, one after the other.
struct StringList {
  std::string bytes;
  std::vector<uint32_t> offsets;
};

/// The state behind one guest's WASI functions, their first argument. Used by one thread.
///
/// Host functions run on the guest's stack, with at least 64 KiB left (functions.cc): large buffers
/// are here.
struct WasiEnv {
  /// Errors: kInvalidArgument: arguments or variables with NUL bytes, or too large for a guest; a
  /// variable without '='.
  static Result<std::unique_ptr<WasiEnv>> make(WasiConfig config);

  /// The open descriptor `fd` with all of `rights`. Else kBadF or kNotCapable.
  Errno descriptor(uint32_t fd, Rights rights, Descriptor*& out) const;
  /// Likewise, and not a directory; else kBadF, as for what was never opened to be read or written.
  Errno file(uint32_t fd, Rights rights, Descriptor*& out) const;
  /// Likewise, and a directory; else kNotDir.
  Errno directory(uint32_t fd, Rights rights, Descriptor*& out) const;

  using Path = std::array<char, PATH_MAX>;
  /// Copies a path out of guest memory. Errors: kFault, kNameTooLong, kInval (a NUL in it).
  Errno path(uint32_t address, uint32_t size, Path& out) const;

  GuestMemory memory;
  FdTable fds;
  Beneath beneath;
  StringList arguments;
  StringList environment;
  bool has_noappend = true;  // pwritev2(2) knows RWF_NOAPPEND, as far as we know

  // Scratch, used within one call.
  Path path1;
  Path path2;
  std::array<iovec, IOV_MAX> iovecs;
  alignas(8) std::array<std::byte, 32768> entries;
};

}  // namespace wasmedge::wasi
