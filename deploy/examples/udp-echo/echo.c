/* UDP echo: sends every datagram back to whoever sent it. echo [PORT]; default 7000. */
#include "posix_sockets.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  const int port = argc > 1 ? atoi(argv[1]) : 7000;
  const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
  const int fd = socket(AF_INET6, SOCK_DGRAM, 0); /* IPv4 too, as mapped addresses */
  if (fd < 0 || bind(fd, (const struct sockaddr*)&any, sizeof any) != 0) {
    perror("echo");
    return 1;
  }
  fprintf(stderr, "listening on port %d\n", port);
  for (;;) {
    static char buffer[65536];
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    const ssize_t got = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr*)&from, &size);
    if (got < 0 || sendto(fd, buffer, (size_t)got, 0, (struct sockaddr*)&from, size) < 0)
      perror("echo");
  }
}
