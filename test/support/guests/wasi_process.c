// What a process has besides files: clocks, sleep, randomness, poll, stdio, exit. Reads one line from stdin after
// polling for it. Ends with status 42 through exit's handlers.
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void fail(int line, const char *what) {
  fprintf(stderr, "wasi_process.c:%d: %s (errno %d, %s)\n", line, what, errno, strerror(errno));
  exit(1);
}
#define CHECK(condition) ((condition) ? (void)0 : fail(__LINE__, #condition))

static double seconds(clockid_t clock) {
  struct timespec t;
  CHECK(clock_gettime(clock, &t) == 0);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void clocks(void) {
  CHECK(seconds(CLOCK_REALTIME) > 1.6e9);
  struct timespec resolution;
  CHECK(clock_getres(CLOCK_MONOTONIC, &resolution) == 0 && resolution.tv_nsec > 0);
  const double before = seconds(CLOCK_MONOTONIC);
  const struct timespec pause = {0, 30 * 1000 * 1000};
  CHECK(nanosleep(&pause, NULL) == 0);
  const double slept = seconds(CLOCK_MONOTONIC) - before;
  CHECK(slept >= 0.03 && slept < 5);
  CHECK(poll(NULL, 0, 10) == 0 || errno == EINVAL || errno == ENOTSUP);
  CHECK(sched_yield() == 0);
}

static void randomness(void) {
  unsigned char a[256] = {0}, b[256] = {0};
  CHECK(getentropy(a, sizeof a) == 0 && getentropy(b, sizeof b) == 0);
  CHECK(memcmp(a, b, sizeof a) != 0);
}

static void input(void) {
  struct pollfd ready[] = {{0, POLLRDNORM, 0}, {1, POLLWRNORM, 0}};
  CHECK(poll(ready, 2, 5000) >= 1);
  ready[0].revents = 0;
  CHECK(poll(ready, 1, 5000) == 1 && (ready[0].revents & POLLRDNORM));
  char line[64];
  CHECK(fgets(line, sizeof line, stdin) != NULL);
  CHECK(!isatty(0));
  printf("read: %s", line);
  CHECK(fgets(line, sizeof line, stdin) == NULL && feof(stdin));
}

static void goodbye(void) { puts("goodbye"); }

int main(void) {
  clocks();
  randomness();
  input();
  CHECK(atexit(goodbye) == 0);
  exit(42);
}
