/* An HTTP client: client HOST PORT PATH prints the body of the answer. Tries each address of the
 * name. */
#include "posix_sockets.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int connect_to(const char* host, const char* port) {
  const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  struct addrinfo* list = NULL;
  const int error = getaddrinfo(host, port, &hints, &list);
  if (error != 0) {
    fprintf(stderr, "client: %s: %s\n", host, gai_strerror(error));
    return -1;
  }
  int fd = -1;
  for (struct addrinfo* each = list; each != NULL && fd < 0; each = each->ai_next) {
    fd = socket(each->ai_family, each->ai_socktype, 0);
    if (fd < 0 || connect(fd, each->ai_addr, each->ai_addrlen) == 0) continue;
    perror("client: connect");
    close(fd);
    fd = -1;
  }
  freeaddrinfo(list);
  return fd;
}

int main(int argc, char** argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: client HOST PORT PATH\n");
    return 2;
  }
  const int fd = connect_to(argv[1], argv[2]);
  if (fd < 0) return 1;
  char buffer[65536];
  const int size =
      snprintf(buffer, sizeof buffer, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
               argv[3], argv[1]);
  if (size >= (int)sizeof buffer || send(fd, buffer, (size_t)size, MSG_NOSIGNAL) != size) {
    perror("client: send");
    return 1;
  }
  shutdown(fd, SHUT_WR);
  size_t used = 0;
  for (ssize_t got; used < sizeof buffer - 1; used += (size_t)got) {
    got = recv(fd, buffer + used, sizeof buffer - 1 - used, 0);
    if (got < 0) perror("client: recv");
    if (got <= 0) break;
  }
  buffer[used] = '\0';
  const char* body = strstr(buffer, "\r\n\r\n");
  if (body == NULL) {
    fprintf(stderr, "client: no answer\n");
    return 1;
  }
  fputs(body + 4, stdout);
  return strncmp(buffer, "HTTP/1.1 200", 12) == 0 || strncmp(buffer, "HTTP/1.0 200", 12) == 0 ? 0
                                                                                              : 1;
}
