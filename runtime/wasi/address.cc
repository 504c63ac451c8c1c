#include "runtime/wasi/address.h"

#include <arpa/inet.h>

#include <cstring>

#include "runtime/wasi/types.h"

namespace wasmedge::wasi {

namespace {

constexpr uint32_t kInet4Bytes = 4;
constexpr uint32_t kInet6Bytes = 16;
constexpr uint32_t kTaggedBytes = 128;  // a family, then an address
constexpr uint32_t kFamilyBytes = 2;
constexpr uint32_t kV4InV6 = 12;  // where an IPv4-mapped address has its IPv4 address

// The guest's buffer, and how long it is.
struct Buffer {
  std::byte* bytes = nullptr;
  uint32_t size = 0;
};

Errno find_buffer(const GuestMemory& memory, uint32_t address, Buffer& out) {
  Iovec guest{};
  WASI_TRY(memory.load(address, guest));
  if (guest.bytes != kInet4Bytes && guest.bytes != kInet6Bytes && guest.bytes != kTaggedBytes) {
    return Errno::kInval;
  }
  out = {memory.range(guest.address, guest.bytes), guest.bytes};
  return out.bytes == nullptr ? Errno::kFault : Errno::kSuccess;
}

void set(HostAddress& out, int family, const std::byte* ip, uint16_t port) {
  out = HostAddress{};
  if (family == AF_INET) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    std::memcpy(&address.sin_addr, ip, kInet4Bytes);
    std::memcpy(&out.storage, &address, sizeof address);
    out.size = sizeof address;
  } else {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    std::memcpy(&address.sin6_addr, ip, kInet6Bytes);
    std::memcpy(&out.storage, &address, sizeof address);
    out.size = sizeof address;
  }
}

}  // namespace

uint16_t HostAddress::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
  if (family() != AF_INET6) return 0;
  return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port);
}

Errno host_family(uint32_t family, int& out) {
  switch (family) {
    case kFamilyUnspec:
      return Errno::kAfNoSupport;
    case kFamilyInet4:
      out = AF_INET;
      return Errno::kSuccess;
    case kFamilyInet6:
      out = AF_INET6;
      return Errno::kSuccess;
    case kFamilyUnix:
      return Errno::kNoSys;
    default:
      return Errno::kInval;
  }
}

uint8_t guest_family(int family) {
  if (family == AF_INET) return kFamilyInet4;
  if (family == AF_INET6) return kFamilyInet6;
  return family == AF_UNIX ? kFamilyUnix : kFamilyUnspec;
}

Errno host_socket_type(uint32_t type, int& out) {
  if (type != kSocketDatagram && type != kSocketStream) return Errno::kInval;
  out = type == kSocketDatagram ? SOCK_DGRAM : SOCK_STREAM;
  return Errno::kSuccess;
}

uint8_t guest_socket_type(int type) {
  if (type == SOCK_DGRAM) return kSocketDatagram;
  return type == SOCK_STREAM ? kSocketStream : kSocketAny;
}

Errno load_address(const GuestMemory& memory, uint32_t address, uint32_t port, HostAddress& out) {
  Buffer buffer;
  WASI_TRY(find_buffer(memory, address, buffer));
  if (port > UINT16_MAX) return Errno::kInval;
  int family = buffer.size == kInet4Bytes ? AF_INET : AF_INET6;
  const std::byte* ip = buffer.bytes;
  if (buffer.size == kTaggedBytes) {
    uint16_t tag = 0;
    std::memcpy(&tag, buffer.bytes, sizeof tag);
    WASI_TRY(host_family(tag, family));
    ip += kFamilyBytes;
  }
  set(out, family, ip, static_cast<uint16_t>(port));
  return Errno::kSuccess;
}

Errno check_address(const GuestMemory& memory, uint32_t address) {
  Buffer buffer;
  return find_buffer(memory, address, buffer);
}

Errno store_address(const GuestMemory& memory, uint32_t address, const HostAddress& from) {
  Buffer buffer;
  WASI_TRY(find_buffer(memory, address, buffer));
  const std::byte* ip = nullptr;
  uint32_t size = kInet4Bytes;
  if (from.family() == AF_INET) {
    ip = reinterpret_cast<const std::byte*>(
        &reinterpret_cast<const sockaddr_in*>(&from.storage)->sin_addr);
  } else if (from.family() == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6*>(&from.storage)->sin6_addr;
    ip = reinterpret_cast<const std::byte*>(&in6);
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&in6);
    if (buffer.size == kInet4Bytes && !mapped) return Errno::kInval;
    if (buffer.size == kInet4Bytes) {
      ip += kV4InV6;
    } else {
      size = kInet6Bytes;
    }
  } else {
    return Errno::kAfNoSupport;
  }
  std::memset(buffer.bytes, 0, buffer.size);
  std::byte* to = buffer.bytes;
  if (buffer.size == kTaggedBytes) {
    const uint16_t tag = guest_family(from.family());
    std::memcpy(to, &tag, sizeof tag);
    to += kFamilyBytes;
  }
  std::memcpy(to, ip, size);
  return Errno::kSuccess;
}

}  // namespace wasmedge::wasi
