#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

namespace {

// No guest is granted a socket. One may be its stdio, to read and write; no more.
Errno refuse(const WasiEnv& env, uint32_t fd) {
  DescriptorRef descriptor;
  WASI_TRY(env.descriptor(fd, 0, descriptor));
  const bool is_socket =
      descriptor->type() == FileType::kSocketStream || descriptor->type() == FileType::kSocketDgram;
  return is_socket ? Errno::kNotCapable : Errno::kNotSock;
}

}  // namespace

Errno preview1::sock_accept(WasiEnv& env, uint32_t fd, uint32_t, uint32_t) {
  return refuse(env, fd);
}

Errno preview1::sock_recv(WasiEnv& env, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t,
                          uint32_t) {
  return refuse(env, fd);
}

Errno preview1::sock_send(WasiEnv& env, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t) {
  return refuse(env, fd);
}

Errno preview1::sock_shutdown(WasiEnv& env, uint32_t fd, uint32_t) {
  return refuse(env, fd);
}

}  // namespace wasmedge::wasi
