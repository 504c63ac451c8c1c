#pragma once

#include <sys/uio.h>

#include <cerrno>
#include <span>

#include "runtime/wasi/env.h"

namespace wasmedge::wasi {

/// The guest's list of buffers as the host's calls take it, in env.iovecs: the first IOV_MAX that
/// are not empty, since fewer bytes than asked for is an answer that every caller of read and write
/// expects. kFault: the list or a buffer lies outside the memory.
Errno gather(WasiEnv& env, uint32_t address, uint32_t count, std::span<const iovec>& out);

}  // namespace wasmedge::wasi
