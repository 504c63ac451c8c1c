/* An HTTP server that is one loop over poll(): many connections and requests in flight in one
 * thread.
 *
 *   server [PORT]      default 8080
 *
 * GET / answers "hello"; GET /slow answers after 300 ms, and waits for nobody else meanwhile; POST
 * /echo answers what it got; GET /quit ends the server. Connections are kept open. Plain POSIX:
 * built natively, the same source is the server that the benchmark compares with.
 */
#include "posix_sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 4096, BUFFER = 8192, SLOW_MILLISECONDS = 300 };

struct connection {
  int fd;
  size_t used;     /* bytes in `in` */
  size_t out_size; /* bytes in `out`, of which `sent` are gone */
  size_t sent;
  int ended;     /* no more requests: only what is due goes out */
  long long due; /* when a slow answer is to go, in ms; 0: none */
  char in[BUFFER];
  char out[BUFFER + 256];
};

static struct connection* connections[MAX_CONNECTIONS];
static struct pollfd polled[MAX_CONNECTIONS + 1];
static int count;
static int running = 1;

static long long now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void answer(struct connection* c, const char* status, const char* body, size_t size) {
  const int head = snprintf(
      c->out, sizeof c->out,
      "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", status, size);
  memcpy(c->out + head, body, size);
  c->out_size = (size_t)head + size;
  c->sent = 0;
}

static int begins(const char* text, const char* with) {
  return strncmp(text, with, strlen(with)) == 0;
}

/* What follows the header's name, such as "content-length:"; NULL: there is none. */
static const char* header(const char* head, const char* end, const char* name) {
  const size_t size = strlen(name);
  for (const char* line = head; (line = memchr(line, '\n', (size_t)(end - line))) != NULL;) {
    ++line;
    if ((size_t)(end - line) > size && strncasecmp(line, name, size) == 0) return line + size;
  }
  return NULL;
}

/* Answers the first request in the buffer, if all of it is there. 0: it is not; -1: never will be.
 */
static int serve(struct connection* c) {
  c->in[c->used] = '\0';
  const char* end = strstr(c->in, "\r\n\r\n");
  if (end == NULL) return c->used + 1 < sizeof c->in ? 0 : -1;
  const char* body = end + 4;
  const char* length = header(c->in, end, "content-length:");
  const size_t size = length != NULL ? strtoul(length, NULL, 10) : 0;
  if (size > sizeof c->in - 1 - (size_t)(body - c->in)) return -1;
  if ((size_t)(c->in + c->used - body) < size) return 0;
  if (begins(c->in, "GET / "))
    answer(c, "200 OK", "hello\n", 6);
  else if (begins(c->in, "GET /slow "))
    answer(c, "200 OK", "slow\n", 5), c->due = now_ms() + SLOW_MILLISECONDS;
  else if (begins(c->in, "POST /echo "))
    answer(c, "200 OK", body, size);
  else if (begins(c->in, "GET /quit "))
    answer(c, "200 OK", "bye\n", 4), running = 0;
  else
    answer(c, "404 Not Found", "not found\n", 10);
  const char* connection = header(c->in, end, "connection:");
  if (connection != NULL && strncasecmp(connection, " close", 6) == 0) c->ended = 1;
  const size_t taken = (size_t)(body - c->in) + size;
  memmove(c->in, c->in + taken, c->used - taken);
  c->used -= taken;
  return 1;
}

/* Sends what is due and can be sent, then serves what has arrived meanwhile. -1: the connection is
 * over. */
static int advance(struct connection* c) {
  for (;;) {
    if (c->due > now_ms()) return 0;
    c->due = 0;
    while (c->sent < c->out_size) {
      const ssize_t size = send(c->fd, c->out + c->sent, c->out_size - c->sent, MSG_NOSIGNAL);
      if (size < 0) return errno == EAGAIN ? 0 : -1;
      c->sent += (size_t)size;
    }
    c->out_size = c->sent = 0;
    const int served = serve(c);
    if (served <= 0) return c->ended ? -1 : served;
  }
}

static int receive(struct connection* c) {
  const size_t room = sizeof c->in - 1 - c->used;
  if (room == 0) return 0; /* its answer is not out yet */
  const ssize_t size = recv(c->fd, c->in + c->used, room, 0);
  if (size < 0) return errno == EAGAIN ? 0 : -1;
  if (size == 0) {
    c->ended = 1;
    return c->out_size == 0 ? -1 : 0;
  }
  c->used += (size_t)size;
  return c->out_size == 0 ? advance(c) : 0;
}

static void accept_all(int listener) {
  while (count < MAX_CONNECTIONS) {
    const int fd = accept(listener, NULL, NULL);
    if (fd < 0) return;
    struct connection* c = malloc(sizeof *c);
    if (c == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
      free(c);
      close(fd);
      return;
    }
    c->fd = fd;
    c->used = c->out_size = c->sent = 0;
    c->ended = 0;
    c->due = 0;
    connections[count++] = c;
  }
}

static void drop(int i) {
  close(connections[i]->fd);
  free(connections[i]);
  connections[i] = connections[--count];
}

/* What to wait for: nothing of a connection that is only to be answered later. */
static short wanted(const struct connection* c) {
  if (c->out_size > 0 && c->due == 0) return POLLOUT;
  return c->ended ? 0 : POLLIN;
}

/* How long poll() may wait: until the first slow answer is due. */
static int patience(void) {
  long long least = -1;
  const long long time = now_ms();
  for (int i = 0; i < count; ++i) {
    if (connections[i]->due == 0) continue;
    const long long left = connections[i]->due > time ? connections[i]->due - time : 0;
    if (least < 0 || left < least) least = left;
  }
  return (int)least;
}

static void turn(int listener) {
  polled[0] = (struct pollfd){listener, POLLIN, 0};
  for (int i = 0; i < count; ++i) {
    const short events = wanted(connections[i]);
    polled[i + 1] = (struct pollfd){events != 0 ? connections[i]->fd : -1, events, 0};
  }
  const int before = count;
  if (poll(polled, (nfds_t)before + 1, patience()) < 0) return;
  for (int i = before - 1; i >= 0; --i) {
    struct connection* c = connections[i];
    const int events = polled[i + 1].revents;
    int status = 0;
    if ((events & ~POLLOUT) != 0) status = receive(c);
    if (status == 0 && c->out_size > 0) status = advance(c);
    if (status != 0) drop(i);
  }
  if (polled[0].revents != 0) accept_all(listener);
}

int main(int argc, char** argv) {
  const int port = argc > 1 ? atoi(argv[1]) : 8080;
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  const int one = 1;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
      bind(listener, (struct sockaddr*)&any, sizeof any) != 0 || listen(listener, 1024) != 0 ||
      fcntl(listener, F_SETFL, O_NONBLOCK) != 0) {
    perror("server");
    return 1;
  }
  fprintf(stderr, "listening on port %d\n", port);
  while (running) turn(listener);
  return 0;
}
