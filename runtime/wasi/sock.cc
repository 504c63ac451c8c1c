#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "runtime/wasi/functions.h"
#include "runtime/wasi/socket.h"

namespace wasmedge::wasi {

Errno find_socket(const WasiEnv& env, uint32_t fd, Rights rights, DescriptorRef& out) {
  const Errno error = env.descriptor(fd, rights, out);
  return out != nullptr && !out->is_socket() ? Errno::kNotSock : error;
}

Protocol protocol_of(const Descriptor& socket) {
  return socket.type() == FileType::kSocketDgram ? Protocol::kUdp : Protocol::kTcp;
}

Errno local_address(const Descriptor& socket, HostAddress& out) {
  out = HostAddress{};
  if (::getsockname(socket.fd(), out.get(), &out.size) != 0) return last_error();
  const bool known = out.family() == AF_INET || out.family() == AF_INET6;
  return known ? Errno::kSuccess : Errno::kAfNoSupport;
}

namespace {

Errno result(int status) {
  return status == 0 ? Errno::kSuccess : last_error();
}

Errno add(WasiEnv& env, Fd socket, uint32_t fd_out) {
  std::unique_ptr<Descriptor> descriptor;
  WASI_TRY(Descriptor::opened(std::move(socket), kSocketRights, 0, false, descriptor));
  return env.memory.store(fd_out, env.fds.add(std::move(descriptor)));
}

Errno accept(WasiEnv& env, uint32_t fd, int flags, uint32_t fd_out) {
  DescriptorRef listener;
  WASI_TRY(find_socket(env, fd, kSockAccept, listener));
  WASI_TRY(env.memory.check<uint32_t>(fd_out));
  const int host = listener->fd();
  Fd accepted(retry(env, [&] { return ::accept4(host, nullptr, nullptr, SOCK_CLOEXEC | flags); }));
  if (!accepted) return last_error();
  return add(env, std::move(accepted), fd_out);
}

// 0.0.0.0 and :: as an address to connect to mean this host, for the kernel and the policy alike.
Errno connect(WasiEnv& env, const Descriptor& socket, const HostAddress& to) {
  if (!env.network.may_connect(to.get(), protocol_of(socket))) return Errno::kAcces;
  if (::connect(socket.fd(), to.get(), to.size) == 0) return Errno::kSuccess;
  // Interrupted, it goes on by itself: wait for it, and ask how it went.
  if (errno != EINTR) return last_error();
  pollfd polled{socket.fd(), POLLOUT, 0};
  if (retry(env, [&] { return ::poll(&polled, 1, -1); }) < 0) return last_error();
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return last_error();
  return from_host(error);
}

}  // namespace

Errno preview1::sock_open(WasiEnv& env, uint32_t family, uint32_t type, uint32_t fd_out) {
  int host_af = 0;
  int host_type = 0;
  WASI_TRY(host_family(family, host_af));
  WASI_TRY(host_socket_type(type, host_type));
  WASI_TRY(env.memory.check<uint32_t>(fd_out));
  if (!env.network.may_open()) return Errno::kAcces;
  Fd socket(::socket(host_af, host_type | SOCK_CLOEXEC, 0));
  if (!socket) return last_error();
  return add(env, std::move(socket), fd_out);
}

Errno preview1::sock_bind(WasiEnv& env, uint32_t fd, uint32_t address, uint32_t port) {
  DescriptorRef socket;
  WASI_TRY(find_socket(env, fd, kSockBind, socket));
  HostAddress local;
  WASI_TRY(load_address(env.memory, address, port, local));
  if (!env.network.may_listen(local.get(), protocol_of(*socket))) return Errno::kAcces;
  return result(::bind(socket->fd(), local.get(), local.size));
}

Errno preview1::sock_connect(WasiEnv& env, uint32_t fd, uint32_t address, uint32_t port) {
  DescriptorRef socket;
  WASI_TRY(find_socket(env, fd, kSockBind, socket));
  HostAddress to;
  WASI_TRY(load_address(env.memory, address, port, to));
  return connect(env, *socket, to);
}

Errno preview1::sock_listen(WasiEnv& env, uint32_t fd, uint32_t backlog) {
  DescriptorRef socket;
  WASI_TRY(find_socket(env, fd, kSockBind, socket));
  HostAddress local;  // without bind: any address, and a port that the kernel chooses
  WASI_TRY(local_address(*socket, local));
  if (!env.network.may_listen(local.get(), protocol_of(*socket))) return Errno::kAcces;
  return result(::listen(socket->fd(), static_cast<int>(std::min(backlog, uint32_t{INT32_MAX}))));
}

Errno preview1::sock_accept(WasiEnv& env, uint32_t fd, uint32_t fd_out) {
  return accept(env, fd, 0, fd_out);
}

Errno preview1::sock_accept(WasiEnv& env, uint32_t fd, uint32_t flags, uint32_t fd_out) {
  if ((flags & ~kFdflagNonblock) != 0) return Errno::kInval;
  return accept(env, fd, flags != 0 ? SOCK_NONBLOCK : 0, fd_out);
}

Errno preview1::sock_shutdown(WasiEnv& env, uint32_t fd, uint32_t how) {
  static constexpr int kHow[] = {-1, SHUT_RD, SHUT_WR, SHUT_RDWR};
  DescriptorRef socket;
  WASI_TRY(find_socket(env, fd, kSockShutdown, socket));
  if (how == 0 || how > (kShutdownRead | kShutdownWrite)) return Errno::kInval;
  return result(::shutdown(socket->fd(), kHow[how]));
}

}  // namespace wasmedge::wasi
