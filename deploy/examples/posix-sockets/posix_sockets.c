#include "posix_sockets.h"

#ifdef __wasi__
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define HOST(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

struct host_buffer {
  void* bytes;
  uint32_t size;
};
/* An address as the host gives it: the family, then the IP address in network order. */
struct host_address {
  uint16_t family;
  uint8_t ip[126];
};

HOST(sock_open) uint32_t sock_open(uint32_t family, uint32_t type, uint32_t* fd);
HOST(sock_bind) uint32_t sock_bind(uint32_t fd, struct host_buffer* address, uint32_t port);
HOST(sock_connect) uint32_t sock_connect(uint32_t fd, struct host_buffer* address, uint32_t port);
HOST(sock_listen) uint32_t sock_listen(uint32_t fd, uint32_t backlog);
HOST(sock_recv_from)
uint32_t sock_recv_from(uint32_t fd, struct host_buffer* buffers, uint32_t count,
                        struct host_buffer* address, uint32_t flags, uint32_t* port, uint32_t* size,
                        uint16_t* flags_out);
HOST(sock_send_to)
uint32_t sock_send_to(uint32_t fd, const struct host_buffer* buffers, uint32_t count,
                      struct host_buffer* address, uint32_t port, uint32_t flags, uint32_t* size);
HOST(sock_getsockopt)
uint32_t sock_getsockopt(uint32_t fd, uint32_t level, uint32_t name, void* value, uint32_t* size);
HOST(sock_setsockopt)
uint32_t sock_setsockopt(uint32_t fd, uint32_t level, uint32_t name, const void* value,
                         uint32_t size);
HOST(sock_getlocaladdr)
uint32_t sock_getlocaladdr(uint32_t fd, struct host_buffer* address, uint32_t* port);
HOST(sock_getpeeraddr)
uint32_t sock_getpeeraddr(uint32_t fd, struct host_buffer* address, uint32_t* port);

static int result(uint32_t error) {
  if (error == 0) return 0;
  errno = (int)error; /* wasi-libc's numbers are the host's */
  return -1;
}

/* From POSIX to the host: the IP address alone, whose length tells the family; the port is an
 * argument of its own. And back. */
static int to_host(const struct sockaddr* from, socklen_t size, struct host_buffer* out,
                   uint32_t* port) {
  if (from->sa_family == AF_INET && size >= sizeof(struct sockaddr_in)) {
    const struct sockaddr_in* in = (const struct sockaddr_in*)from;
    *out = (struct host_buffer){(void*)&in->sin_addr, 4};
    *port = ntohs(in->sin_port);
  } else if (from->sa_family == AF_INET6 && size >= sizeof(struct sockaddr_in6)) {
    const struct sockaddr_in6* in6 = (const struct sockaddr_in6*)from;
    *out = (struct host_buffer){(void*)&in6->sin6_addr, 16};
    *port = ntohs(in6->sin6_port);
  } else {
    errno = EAFNOSUPPORT;
    return -1;
  }
  return 0;
}

static void from_host(const struct host_address* from, uint16_t port, struct sockaddr* out,
                      socklen_t* size) {
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  const void* made = &in;
  socklen_t made_size = sizeof in;
  if (from->family == AF_INET6) {
    memcpy(&in6.sin6_addr, from->ip, 16);
    made = &in6;
    made_size = sizeof in6;
  } else {
    memcpy(&in.sin_addr, from->ip, 4);
  }
  memcpy(out, made, *size < made_size ? *size : made_size);
  *size = made_size;
}

int socket(int family, int type, int protocol) {
  (void)protocol;
  uint32_t fd = 0;
  const int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (result(sock_open((uint32_t)family, kind == SOCK_DGRAM ? 1 : 2, &fd)) != 0) return -1;
  if ((type & SOCK_NONBLOCK) != 0) fcntl((int)fd, F_SETFL, O_NONBLOCK);
  return (int)fd;
}

int bind(int fd, const struct sockaddr* address, socklen_t size) {
  struct host_buffer buffer;
  uint32_t port = 0;
  if (to_host(address, size, &buffer, &port) != 0) return -1;
  return result(sock_bind((uint32_t)fd, &buffer, port));
}

int connect(int fd, const struct sockaddr* address, socklen_t size) {
  struct host_buffer buffer;
  uint32_t port = 0;
  if (to_host(address, size, &buffer, &port) != 0) return -1;
  return result(sock_connect((uint32_t)fd, &buffer, port));
}

int listen(int fd, int backlog) {
  return result(sock_listen((uint32_t)fd, (uint32_t)backlog));
}

int getsockname(int fd, struct sockaddr* address, socklen_t* size) {
  struct host_address host;
  struct host_buffer buffer = {&host, sizeof host};
  uint32_t port = 0;
  if (result(sock_getlocaladdr((uint32_t)fd, &buffer, &port)) != 0) return -1;
  from_host(&host, (uint16_t)port, address, size);
  return 0;
}

int getpeername(int fd, struct sockaddr* address, socklen_t* size) {
  struct host_address host;
  struct host_buffer buffer = {&host, sizeof host};
  uint32_t port = 0;
  if (result(sock_getpeeraddr((uint32_t)fd, &buffer, &port)) != 0) return -1;
  from_host(&host, (uint16_t)port, address, size);
  return 0;
}

int host_getsockopt(int fd, int level, int name, void* value, socklen_t* size) {
  return result(
      sock_getsockopt((uint32_t)fd, (uint32_t)level, (uint32_t)name, value, (uint32_t*)size));
}

int setsockopt(int fd, int level, int name, const void* value, socklen_t size) {
  return result(
      sock_setsockopt((uint32_t)fd, (uint32_t)level, (uint32_t)name, value, (uint32_t)size));
}

ssize_t recvfrom(int fd, void* bytes, size_t size, int flags, struct sockaddr* from,
                 socklen_t* from_size) {
  struct host_address host;
  struct host_buffer address = {&host, sizeof host};
  struct host_buffer buffer = {bytes, (uint32_t)size};
  uint32_t port = 0, got = 0;
  uint16_t flags_out = 0;
  if (result(sock_recv_from((uint32_t)fd, &buffer, 1, &address, (uint32_t)flags, &port, &got,
                            &flags_out)) != 0) {
    return -1;
  }
  /* This port alone comes in network order. */
  if (from != NULL && from_size != NULL) from_host(&host, ntohs((uint16_t)port), from, from_size);
  return (ssize_t)got;
}

ssize_t sendto(int fd, const void* bytes, size_t size, int flags, const struct sockaddr* to,
               socklen_t to_size) {
  struct host_buffer address;
  struct host_buffer buffer = {(void*)bytes, (uint32_t)size};
  uint32_t port = 0, sent = 0;
  if (to == NULL) return send(fd, bytes, size, flags);
  if (to_host(to, to_size, &address, &port) != 0) return -1;
  if (result(sock_send_to((uint32_t)fd, &buffer, 1, &address, port, (uint32_t)flags, &sent)) != 0)
    return -1;
  return (ssize_t)sent;
}
#else
typedef int not_empty;
#endif
