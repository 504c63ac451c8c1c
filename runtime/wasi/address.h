#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>

#include "runtime/wasi/errno.h"
#include "runtime/wasi/guest_memory.h"

namespace wasmedge::wasi {

/// A socket address as the host's calls take it: AF_INET or AF_INET6, or AF_UNSPEC where a call
/// gave none (a datagram from a nameless peer, a peer that is gone).
struct HostAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  /// In host order; 0 where the family has none.
  uint16_t port() const;
};

/// The host's address family for WasmEdge's: inet4 1, inet6 2. kNoSys: unix, which nobody can be
/// granted; kInval: no family; kAfNoSupport: none in particular.
Errno host_family(uint32_t family, int& out);
/// WasmEdge's family for the host's; 0 for one that it has none for.
uint8_t guest_family(int family);

/// The host's socket type for WasmEdge's: datagram 1, stream 2. kInval for any other.
Errno host_socket_type(uint32_t type, int& out);
/// 0 for a type that WasmEdge has none for.
uint8_t guest_socket_type(int type);

/// Reads the address that a guest passes as `address`, a pointer to {buf, len}: 4 or 16 bytes, an
/// IP address in network order; or 128, {u16 family, 126 bytes} with the IP address at offset 2.
/// `port` is in host order. Errors: kFault, kInval (another length, or no port), host_family's.
Errno load_address(const GuestMemory& memory, uint32_t address, uint32_t port, HostAddress& out);

/// kFault or kInval unless `address` names a buffer as load_address takes it.
Errno check_address(const GuestMemory& memory, uint32_t address);
/// Writes an address into the buffer that `address` names, in the form that its length asks for.
/// An IPv4 address takes the first 4 of 16 bytes. kInval: an IPv6 address and 4 bytes (one that
/// only wraps an IPv4 address does fit); kAfNoSupport: neither IPv4 nor IPv6.
Errno store_address(const GuestMemory& memory, uint32_t address, const HostAddress& from);

}  // namespace wasmedge::wasi
