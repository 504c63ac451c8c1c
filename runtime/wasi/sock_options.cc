#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "runtime/wasi/functions.h"
#include "runtime/wasi/socket.h"

namespace wasmedge::wasi {

namespace {

constexpr uint32_t kLevelSocket = 0;

enum class Kind : uint8_t {
  kInt,    // i32
  kType,   // i32, a socket type of WasmEdge's
  kError,  // i32, an Errno
  kTwo,    // struct linger: two i32
  kTime,   // struct timeval: seconds and microseconds, i64 each
  kName    // an interface's name
};

struct Option {
  int host;
  Kind kind;
};

// WasmEdge's numbers are the indices.
constexpr Option kOptions[] = {
    {SO_REUSEADDR, Kind::kInt}, {SO_TYPE, Kind::kType},      {SO_ERROR, Kind::kError},
    {SO_DONTROUTE, Kind::kInt}, {SO_BROADCAST, Kind::kInt},  {SO_SNDBUF, Kind::kInt},
    {SO_RCVBUF, Kind::kInt},    {SO_KEEPALIVE, Kind::kInt},  {SO_OOBINLINE, Kind::kInt},
    {SO_LINGER, Kind::kTwo},    {SO_RCVLOWAT, Kind::kInt},   {SO_RCVTIMEO, Kind::kTime},
    {SO_SNDTIMEO, Kind::kTime}, {SO_ACCEPTCONN, Kind::kInt}, {SO_BINDTODEVICE, Kind::kName},
};

struct GuestTime {
  int64_t seconds;
  int64_t microseconds;
};

// A value of any kind; the host's and the guest's lie alike but for the time on some machines.
union Value {
  int32_t number;
  linger two;
  timeval time;
  GuestTime guest_time;
  std::array<char, IFNAMSIZ> name;
};
static_assert(sizeof(linger) == 8);

uint32_t guest_size(Kind kind) {
  switch (kind) {
    case Kind::kTwo:
      return sizeof(linger);
    case Kind::kTime:
      return sizeof(GuestTime);
    case Kind::kName:
      return IFNAMSIZ;
    default:
      return sizeof(int32_t);
  }
}

socklen_t host_size(Kind kind) {
  return kind == Kind::kTime ? socklen_t{sizeof(timeval)} : guest_size(kind);
}

Errno find_option(uint32_t level, uint32_t name, Option& out) {
  if (level != kLevelSocket) return Errno::kInval;
  if (name >= std::size(kOptions)) return Errno::kNoProtoOpt;
  out = kOptions[name];
  return Errno::kSuccess;
}

void to_guest(Kind kind, Value& value) {
  if (kind == Kind::kType) value.number = guest_socket_type(value.number);
  if (kind == Kind::kError) value.number = static_cast<int32_t>(from_host(value.number));
  if (kind == Kind::kTime) {
    value.guest_time = GuestTime{value.time.tv_sec, value.time.tv_usec};
  }
}

}  // namespace

Errno preview1::sock_getsockopt(WasiEnv& env, uint32_t fd, uint32_t level, uint32_t name,
                                uint32_t value_out, uint32_t size_inout) {
  DescriptorRef socket;
  WASI_TRY(find_socket(env, fd, 0, socket));
  Option option{};
  WASI_TRY(find_option(level, name, option));
  // Some guests pass the size itself: hardly an address, so say what is wrong.
  uint32_t size = 0;
  if (env.memory.load(size_inout, size) != Errno::kSuccess) return Errno::kFault;
  const bool is_name = option.kind == Kind::kName;
  if (is_name ? size == 0 : size < guest_size(option.kind)) return Errno::kInval;
  size = is_name ? std::min(size, guest_size(option.kind)) : guest_size(option.kind);
  std::byte* bytes = env.memory.range(value_out, size);
  if (bytes == nullptr) return Errno::kFault;
  Value value{};
  socklen_t got = is_name ? size : host_size(option.kind);
  if (::getsockopt(socket->fd(), SOL_SOCKET, option.host, &value, &got) != 0) return last_error();
  to_guest(option.kind, value);
  if (is_name) size = got;
  std::memcpy(bytes, &value, size);
  return env.memory.store(size_inout, size);
}

Errno preview1::sock_setsockopt(WasiEnv& env, uint32_t fd, uint32_t level, uint32_t name,
                                uint32_t value, uint32_t size) {
  DescriptorRef socket;
  WASI_TRY(find_socket(env, fd, kSockBind, socket));
  Option option{};
  WASI_TRY(find_option(level, name, option));
  const bool is_name = option.kind == Kind::kName;
  if (is_name ? size > guest_size(option.kind) : size != guest_size(option.kind)) {
    return Errno::kInval;
  }
  const std::byte* bytes = env.memory.range(value, size);
  if (bytes == nullptr) return Errno::kFault;
  Value host{};
  std::memcpy(&host, bytes, size);
  if (option.kind == Kind::kTime) {
    const GuestTime time = host.guest_time;
    if (time.microseconds < 0 || time.microseconds >= 1'000'000) return Errno::kDom;
    host.time =
        timeval{static_cast<time_t>(time.seconds), static_cast<suseconds_t>(time.microseconds)};
  }
  const socklen_t given = is_name ? size : host_size(option.kind);
  return ::setsockopt(socket->fd(), SOL_SOCKET, option.host, &host, given) == 0 ? Errno::kSuccess
                                                                                : last_error();
}

}  // namespace wasmedge::wasi
