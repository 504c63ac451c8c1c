#include <sys/socket.h>

#include "runtime/wasi/functions.h"
#include "runtime/wasi/socket.h"

namespace wasmedge::wasi {

namespace {

using Ask = int (*)(int, sockaddr*, socklen_t*);

// The address that `ask` tells of the socket, stored where the guest wants it.
Errno tell(WasiEnv& env, uint32_t fd, uint32_t address_out, uint32_t port_out, Ask ask,
           HostAddress& out) {
  DescriptorRef socket;
  WASI_TRY(find_socket(env, fd, 0, socket));
  WASI_TRY(check_address(env.memory, address_out));
  WASI_TRY(env.memory.check<uint32_t>(port_out));
  if (ask(socket->fd(), out.get(), &out.size) != 0) return last_error();
  WASI_TRY(store_address(env.memory, address_out, out));
  return env.memory.store(port_out, uint32_t{out.port()});
}

// The first version also says which kind of address it is: 4 or 6.
Errno tell_with_type(WasiEnv& env, uint32_t fd, uint32_t address_out, uint32_t type_out,
                     uint32_t port_out, Ask ask) {
  WASI_TRY(env.memory.check<uint32_t>(type_out));
  HostAddress address;
  WASI_TRY(tell(env, fd, address_out, port_out, ask, address));
  return env.memory.store(type_out, uint32_t{address.family() == AF_INET ? 4U : 6U});
}

}  // namespace

Errno preview1::sock_getlocaladdr(WasiEnv& env, uint32_t fd, uint32_t address_out,
                                  uint32_t type_out, uint32_t port_out) {
  return tell_with_type(env, fd, address_out, type_out, port_out, ::getsockname);
}

Errno preview1::sock_getlocaladdr(WasiEnv& env, uint32_t fd, uint32_t address_out,
                                  uint32_t port_out) {
  HostAddress address;
  return tell(env, fd, address_out, port_out, ::getsockname, address);
}

Errno preview1::sock_getpeeraddr(WasiEnv& env, uint32_t fd, uint32_t address_out, uint32_t type_out,
                                 uint32_t port_out) {
  return tell_with_type(env, fd, address_out, type_out, port_out, ::getpeername);
}

Errno preview1::sock_getpeeraddr(WasiEnv& env, uint32_t fd, uint32_t address_out,
                                 uint32_t port_out) {
  HostAddress address;
  return tell(env, fd, address_out, port_out, ::getpeername, address);
}

}  // namespace wasmedge::wasi
