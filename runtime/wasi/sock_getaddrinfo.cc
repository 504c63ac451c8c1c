#include <algorithm>
#include <cstring>
#include <string_view>

#include "runtime/wasi/functions.h"
#include "runtime/wasi/resolve.h"

namespace wasmedge::wasi {

namespace {

constexpr uint16_t kPassive = 1;
constexpr uint16_t kCanonName = 2;
constexpr uint16_t kNumericHost = 4;
constexpr uint16_t kNumericServ = 8;
constexpr uint16_t kV4Mapped = 16;
constexpr uint16_t kAll = 32;
constexpr uint16_t kAddrConfig = 64;  // c-ares asks for both families all the same, and sorts
constexpr uint16_t kAllFlags = 127;

constexpr uint32_t kMaxNameBytes = 1024;
// A sockaddr's data is what a host has behind the family, in network order.
constexpr uint32_t kInet4Data = 14;
constexpr uint32_t kInet6Data = 26;
constexpr uint32_t kFamilyBytes = 2;

// One result: an address for one type of socket.
struct Item {
  const HostAddress* address;
  int type;
};

// A string with or without its NUL.
Errno load_text(const GuestMemory& memory, uint32_t address, uint32_t size, std::string& out) {
  if (size == 0) return Errno::kSuccess;
  const std::byte* bytes = memory.range(address, size);
  if (bytes == nullptr) return Errno::kFault;
  if (size > kMaxNameBytes) return kAiNoName;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  out = text.substr(0, text.find('\0'));
  return Errno::kSuccess;
}

Errno load_hints(const GuestMemory& memory, uint32_t address, Question& out) {
  if (address == 0) return Errno::kSuccess;
  Addrinfo hints{};
  WASI_TRY(memory.load(address, hints));
  if ((hints.flags & ~kAllFlags) != 0) return kAiBadFlag;
  out.passive = (hints.flags & kPassive) != 0;
  out.canonical = (hints.flags & kCanonName) != 0;
  out.numeric_host = (hints.flags & kNumericHost) != 0;
  out.numeric_service = (hints.flags & kNumericServ) != 0;
  out.v4_mapped = (hints.flags & kV4Mapped) != 0;
  out.all = (hints.flags & kAll) != 0;
  static_cast<void>(kAddrConfig);
  if (hints.family != kFamilyUnspec && host_family(hints.family, out.family) != Errno::kSuccess) {
    return kAiFamily;
  }
  if (hints.type != kSocketAny && host_socket_type(hints.type, out.type) != Errno::kSuccess) {
    return kAiSocketType;
  }
  const int wanted = hints.protocol == kProtocolTcp   ? SOCK_STREAM
                     : hints.protocol == kProtocolUdp ? SOCK_DGRAM
                                                      : 0;
  if (hints.protocol > kProtocolUdp || (wanted != 0 && out.type != 0 && out.type != wanted)) {
    return kAiSocketType;
  }
  if (wanted != 0) out.type = wanted;
  return Errno::kSuccess;
}

// The data of a sockaddr, into the guest's buffer.
Errno store_data(const GuestMemory& memory, const HostAddress& from, Sockaddr& out) {
  out.family = guest_family(from.family());
  out.data_bytes = from.family() == AF_INET ? kInet4Data : kInet6Data;
  std::byte* bytes = memory.range(out.data, out.data_bytes);
  if (bytes == nullptr) return Errno::kFault;
  std::memcpy(bytes, reinterpret_cast<const std::byte*>(&from.storage) + kFamilyBytes,
              out.data_bytes);
  return Errno::kSuccess;
}

Errno store_canonical(const GuestMemory& memory, const std::string& name, Addrinfo& out) {
  const uint32_t room = out.canonical_name_bytes;
  if (out.canonical_name == 0 || room == 0) return Errno::kSuccess;
  const uint32_t size = std::min(room, static_cast<uint32_t>(name.size()) + 1);
  std::byte* bytes = memory.range(out.canonical_name, size);
  if (bytes == nullptr) return Errno::kFault;
  std::memcpy(bytes, name.c_str(), size);
  bytes[size - 1] = std::byte{0};
  out.canonical_name_bytes = size;
  return Errno::kSuccess;
}

// Fills the node at `address` of the guest's list; the node's `next` is where the following goes.
Errno store(const GuestMemory& memory, const Item& item, const std::string* canonical,
            uint32_t& address) {
  Addrinfo node{};
  WASI_TRY(memory.load(address, node));
  Sockaddr sockaddr{};
  WASI_TRY(memory.load(node.address, sockaddr));
  WASI_TRY(store_data(memory, *item.address, sockaddr));
  WASI_TRY(memory.store(node.address, sockaddr));
  node.flags = canonical != nullptr ? kCanonName : 0;
  node.family = sockaddr.family;
  node.type = guest_socket_type(item.type);
  node.protocol = item.type == SOCK_STREAM ? kProtocolTcp : kProtocolUdp;
  node.address_bytes = sockaddr.data_bytes + kFamilyBytes;
  if (canonical != nullptr) {
    WASI_TRY(store_canonical(memory, *canonical, node));
  } else {
    node.canonical_name_bytes = 0;
  }
  WASI_TRY(memory.store(address, node));
  address = node.next;
  return Errno::kSuccess;
}

}  // namespace

Errno preview1::sock_getaddrinfo(WasiEnv& env, uint32_t node, uint32_t node_size, uint32_t service,
                                 uint32_t service_size, uint32_t hints, uint32_t results_out,
                                 uint32_t max_results, uint32_t count_out) {
  WASI_TRY(env.memory.check<uint32_t>(count_out));
  uint32_t at = 0;
  WASI_TRY(env.memory.load(results_out, at));
  if (max_results == 0) return Errno::kInval;
  Question question;
  WASI_TRY(load_text(env.memory, node, node_size, question.node));
  WASI_TRY(load_text(env.memory, service, service_size, question.service));
  WASI_TRY(load_hints(env.memory, hints, question));
  Answer answer;
  WASI_TRY(resolve(env, question, answer));
  uint32_t count = 0;
  for (const HostAddress& address : answer.addresses) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
      if (question.type != 0 && question.type != type) continue;
      if (count == max_results) break;
      const bool named = count == 0 && question.canonical;
      WASI_TRY(store(env.memory, {&address, type}, named ? &answer.canonical : nullptr, at));
      ++count;
    }
  }
  return env.memory.store(count_out, count);
}

}  // namespace wasmedge::wasi
