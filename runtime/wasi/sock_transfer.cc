#include <arpa/inet.h>
#include <sys/socket.h>

#include <cstdint>
#include <span>

#include "runtime/wasi/functions.h"
#include "runtime/wasi/iovecs.h"
#include "runtime/wasi/socket.h"

namespace wasmedge::wasi {

namespace {

// Where a call's results go.
struct Received {
  uint32_t size_out;
  uint32_t flags_out;
  HostAddress* from;  // null: not asked for
};

Errno receive(WasiEnv& env, uint32_t fd, uint32_t iovecs, uint32_t count, uint32_t flags,
              const Received& to) {
  DescriptorRef socket;
  WASI_TRY(find_socket(env, fd, kFdRead, socket));
  if ((flags & ~(kReceivePeek | kReceiveWaitall)) != 0) return Errno::kInval;
  WASI_TRY(env.memory.check<uint32_t>(to.size_out));
  WASI_TRY(env.memory.check<uint16_t>(to.flags_out));
  std::span<const iovec> buffers;
  WASI_TRY(gather(env, iovecs, count, buffers));
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(buffers.data());
  message.msg_iovlen = buffers.size();
  if (to.from != nullptr) {
    message.msg_name = to.from->get();
    message.msg_namelen = to.from->size;
  }
  const int host_flags = ((flags & kReceivePeek) != 0 ? MSG_PEEK : 0) |
                         ((flags & kReceiveWaitall) != 0 ? MSG_WAITALL : 0);
  const int host = socket->fd();
  const ssize_t size = retry(env, [&] { return ::recvmsg(host, &message, host_flags); });
  if (size < 0) return last_error();
  if (to.from != nullptr) to.from->size = message.msg_namelen;
  const bool truncated = (message.msg_flags & MSG_TRUNC) != 0;
  WASI_TRY(env.memory.store(to.flags_out, truncated ? kReceiveTruncated : uint16_t{0}));
  return env.memory.store(to.size_out, static_cast<uint32_t>(size));  // a call moves < 2 GiB
}

Errno send(WasiEnv& env, const Descriptor& socket, uint32_t iovecs, uint32_t count, uint32_t flags,
           uint32_t size_out, HostAddress* to) {
  if (flags != 0) return Errno::kInval;  // none is defined
  WASI_TRY(env.memory.check<uint32_t>(size_out));
  std::span<const iovec> buffers;
  WASI_TRY(gather(env, iovecs, count, buffers));
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(buffers.data());
  message.msg_iovlen = buffers.size();
  if (to != nullptr) {
    message.msg_name = to->get();
    message.msg_namelen = to->size;
  }
  const int host = socket.fd();
  const ssize_t size = retry(env, [&] { return ::sendmsg(host, &message, MSG_NOSIGNAL); });
  if (size < 0) return last_error();
  return env.memory.store(size_out, static_cast<uint32_t>(size));
}

// Who sent it; a connected TCP socket does not say, since it is always the same.
Errno complete(const WasiEnv& env, uint32_t fd, HostAddress& from) {
  if (from.size != 0 && from.family() != AF_UNSPEC) return Errno::kSuccess;
  DescriptorRef socket;
  WASI_TRY(find_socket(env, fd, kFdRead, socket));
  from = HostAddress{};
  return ::getpeername(socket->fd(), from.get(), &from.size) == 0 ? Errno::kSuccess : last_error();
}

}  // namespace

Errno preview1::sock_recv(WasiEnv& env, uint32_t fd, uint32_t iovecs, uint32_t count,
                          uint32_t flags, uint32_t size_out, uint32_t flags_out) {
  return receive(env, fd, iovecs, count, flags, {size_out, flags_out, nullptr});
}

Errno preview1::sock_recv_from(WasiEnv& env, uint32_t fd, uint32_t iovecs, uint32_t count,
                               uint32_t address_out, uint32_t flags, uint32_t size_out,
                               uint32_t flags_out) {
  WASI_TRY(check_address(env.memory, address_out));
  HostAddress from;
  WASI_TRY(receive(env, fd, iovecs, count, flags, {size_out, flags_out, &from}));
  WASI_TRY(complete(env, fd, from));
  return store_address(env.memory, address_out, from);
}

Errno preview1::sock_recv_from(WasiEnv& env, uint32_t fd, uint32_t iovecs, uint32_t count,
                               uint32_t address_out, uint32_t flags, uint32_t port_out,
                               uint32_t size_out, uint32_t flags_out) {
  WASI_TRY(check_address(env.memory, address_out));
  WASI_TRY(env.memory.check<uint32_t>(port_out));
  HostAddress from;
  WASI_TRY(receive(env, fd, iovecs, count, flags, {size_out, flags_out, &from}));
  WASI_TRY(complete(env, fd, from));
  // As WasmEdge has it, and unlike every other port: the two bytes in network order.
  WASI_TRY(env.memory.store(port_out, uint32_t{htons(from.port())}));
  return store_address(env.memory, address_out, from);
}

Errno preview1::sock_send(WasiEnv& env, uint32_t fd, uint32_t iovecs, uint32_t count,
                          uint32_t flags, uint32_t size_out) {
  DescriptorRef socket;
  WASI_TRY(find_socket(env, fd, kFdWrite, socket));
  return send(env, *socket, iovecs, count, flags, size_out, nullptr);
}

Errno preview1::sock_send_to(WasiEnv& env, uint32_t fd, uint32_t iovecs, uint32_t count,
                             uint32_t address, uint32_t port, uint32_t flags, uint32_t size_out) {
  DescriptorRef socket;
  WASI_TRY(find_socket(env, fd, kFdWrite, socket));
  HostAddress to;
  WASI_TRY(load_address(env.memory, address, port, to));
  if (!env.network.may_connect(to.get(), protocol_of(*socket))) return Errno::kAcces;
  return send(env, *socket, iovecs, count, flags, size_out, &to);
}

}  // namespace wasmedge::wasi
