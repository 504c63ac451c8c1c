// What a program tries on the network, by the socket imports of WasmEdge: each line of output is an attempt and its WASI
// error number (0: it went well).
//   attempts connect ADDRESS PORT | udp ADDRESS PORT | listen ADDRESS PORT | name NAME PORT ...
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WASI(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))
struct address {
  uint8_t *bytes;
  uint32_t size;
};
struct iovec32 {
  const void *bytes;
  uint32_t size;
};
struct info {  // WasmEdge's addrinfo and sockaddr
  uint16_t flags;
  uint8_t family, type;
  uint32_t protocol;
  uint32_t address_size;
  struct {
    uint32_t family, size;
    uint8_t *data;
  } *address;
  char *canonical;
  uint32_t canonical_size;
  struct info *next;
};
WASI(sock_open) uint32_t sock_open(uint32_t family, uint32_t type, uint32_t *fd);
WASI(sock_connect) uint32_t sock_connect(uint32_t fd, struct address *to, uint32_t port);
WASI(sock_bind) uint32_t sock_bind(uint32_t fd, struct address *at, uint32_t port);
WASI(sock_listen) uint32_t sock_listen(uint32_t fd, uint32_t backlog);
WASI(sock_send_to)
uint32_t sock_send_to(uint32_t fd, struct iovec32 *iovecs, uint32_t count, struct address *to, uint32_t port,
                      uint32_t flags, uint32_t *size);
WASI(sock_getaddrinfo)
uint32_t sock_getaddrinfo(const char *node, uint32_t node_size, const char *service, uint32_t service_size,
                          struct info *hints, struct info **result, uint32_t most, uint32_t *count);

enum { kInet4 = 1, kInet6 = 2, kDatagram = 1, kStream = 2 };

static uint8_t bytes[16];
static struct address parse(const char *text) {
  const int v6 = strchr(text, ':') != NULL;
  struct address address = {bytes, v6 ? 16 : 4};
  if (inet_pton(v6 ? AF_INET6 : AF_INET, text, bytes) != 1) exit(2);
  return address;
}

static uint32_t attempt(const char *what, struct address address, uint32_t port) {
  uint32_t fd = 0, size = 0;
  const int datagram = strcmp(what, "udp") == 0;
  uint32_t error = sock_open(address.size == 16 ? kInet6 : kInet4, datagram ? kDatagram : kStream, &fd);
  if (error != 0) return error;
  if (datagram) {
    struct iovec32 text = {"x", 1};
    return sock_send_to(fd, &text, 1, &address, port, 0, &size);
  }
  if (strcmp(what, "listen") != 0) return sock_connect(fd, &address, port);
  error = sock_bind(fd, &address, port);
  return error != 0 ? error : sock_listen(fd, 1);
}

static uint32_t by_name(const char *name, uint32_t port) {
  static uint8_t data[26];
  static struct {
    uint32_t family, size;
    uint8_t *data;
  } address;
  struct info node = {0}, hints = {0}, *result = &node;
  address.data = data;
  address.size = sizeof data;
  node.address = (void *)&address;
  hints.family = kInet4;
  hints.type = kStream;
  uint32_t count = 0;
  const uint32_t error =
      sock_getaddrinfo(name, (uint32_t)strlen(name) + 1, "", 0, &hints, &result, 1, &count);
  if (error != 0) return error;
  if (count == 0) return 99;
  memcpy(bytes, data + 2, 4);
  return attempt("connect", (struct address){bytes, 4}, port);
}

int main(int argc, char **argv) {
  for (int i = 1; i + 2 < argc; i += 3) {
    const char *what = argv[i];
    const uint32_t port = (uint32_t)atoi(argv[i + 2]);
    const uint32_t error =
        strcmp(what, "name") == 0 ? by_name(argv[i + 1], port) : attempt(what, parse(argv[i + 1]), port);
    printf("%s %s %s: %u\n", what, argv[i + 1], argv[i + 2], error);
  }
  return 0;
}
