// Does the one thing that its first argument names, so that a test can look at it from outside. Built as a WASI
// module and natively: what the tests expect does not depend on which.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int failed(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  return 1;
}

// Copies stdin to stdout, each piece at once, until its end; then says how much it was.
static int copy(void) {
  static char buffer[65536];
  size_t total = 0;
  for (;;) {
    ssize_t n = read(0, buffer, sizeof buffer);
    if (n < 0) return failed("stdin");
    if (n == 0) break;
    if (fwrite(buffer, 1, (size_t)n, stdout) != (size_t)n || fflush(stdout)) return failed("stdout");
    total += (size_t)n;
  }
  fprintf(stderr, "%zu bytes\n", total);
  return 0;
}

// Writes `mebibytes` MiB to stdout: the low byte of a counter's hash, so that a lost or doubled part shows.
static int spew(long mebibytes) {
  static unsigned char block[65536];
  unsigned state = 1;
  for (long i = 0; i < mebibytes * 16; ++i) {
    for (size_t k = 0; k < sizeof block; ++k) {
      state = state * 1664525u + 1013904223u;
      block[k] = (unsigned char)(state >> 24);
    }
    if (fwrite(block, 1, sizeof block, stdout) != sizeof block) return failed("stdout");
  }
  return 0;
}

static int read_file(const char *path) {
  char buffer[4096];
  FILE *file = fopen(path, "r");
  if (!file) return failed(path);
  size_t n = fread(buffer, 1, sizeof buffer, file);
  fwrite(buffer, 1, n, stdout);
  fclose(file);
  return 0;
}

static int write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) return failed(path);
  size_t size = strlen(text);
  if (write(fd, text, size) != (ssize_t)size) return failed(path);
  close(fd);
  printf("wrote %zu bytes to %s\n", size, path);
  return 0;
}

// Touches memory until the limit is reached, a MiB at a time.
static int grow(long mebibytes) {
  for (long i = 0; i < mebibytes; ++i) {
    unsigned char *block = malloc(1 << 20);
    if (!block) return failed("malloc");
    for (size_t k = 0; k < 1 << 20; k += 512) ((volatile unsigned char *)block)[k] = (unsigned char)(i + 1);
  }
  printf("grew to %ld MiB\n", mebibytes);
  return 0;
}

static int wait_for(long seconds) {
  printf("ready\n");
  fflush(stdout);
  sleep((unsigned)seconds);
  printf("slept\n");
  return 0;
}

static int spin(void) {
  printf("ready\n");
  fflush(stdout);
  for (volatile unsigned i = 0;; ++i) {
  }
}

static int tell_terminals(void) {
  for (int stream = 0; stream < 3; ++stream) printf("%d %s\n", stream, isatty(stream) ? "terminal" : "none");
  return 0;
}

int main(int argc, char **argv) {
  const char *verb = argc > 1 ? argv[1] : "";
  const char *first = argc > 2 ? argv[2] : "";
  if (!strcmp(verb, "copy")) return copy();
  if (!strcmp(verb, "spew")) return spew(atol(first));
  if (!strcmp(verb, "read")) return read_file(first);
  if (!strcmp(verb, "write")) return write_file(first, argc > 3 ? argv[3] : "");
  if (!strcmp(verb, "grow")) return grow(atol(first));
  if (!strcmp(verb, "sleep")) return wait_for(atol(first));
  if (!strcmp(verb, "spin")) return spin();
  if (!strcmp(verb, "terminals")) return tell_terminals();
  if (!strcmp(verb, "exit")) return atoi(first);
  if (!strcmp(verb, "trap")) __builtin_trap();
  fprintf(stderr, "probe: unknown verb '%s'\n", verb);
  return 64;
}
