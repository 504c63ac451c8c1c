#pragma once

#include "runtime/wasi/address.h"
#include "runtime/wasi/env.h"

namespace wasmedge::wasi {

/// The socket `fd` with all of `rights`. Else kBadF, kNotSock or kNotCapable.
Errno find_socket(const WasiEnv& env, uint32_t fd, Rights rights, DescriptorRef& out);

/// Whether a socket is TCP's or UDP's.
Protocol protocol_of(const Descriptor& socket);

/// The local address of a socket. An error of the host's, or kAfNoSupport (neither IPv4 nor IPv6,
/// such as a stdio stream may be).
Errno local_address(const Descriptor& socket, HostAddress& out);

}  // namespace wasmedge::wasi
