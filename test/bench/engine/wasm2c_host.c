// The host of a module that wasm2c made C of: the few WASI functions that the bench's programs
// import.
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

typedef struct w2c_wasi__snapshot__preview1 Wasi;
#define WASI(name) w2c_wasi__snapshot__preview1_##name

enum { kSuccess = 0, kBadDescriptor = 8, kFault = 21, kIo = 29, kNotSeekable = 70 };

static w2c_guest guest;

// The guest's bytes [at, at + size), or 0 where its memory has no such range.
static void* range(u32 at, u64 size) {
  const wasm_rt_memory_t* memory = w2c_guest_memory(&guest);
  return at + size <= memory->size ? memory->data + at : 0;
}

static u32 put32(u32 at, u32 value) {
  void* to = range(at, 4);
  if (!to) return kFault;
  memcpy(to, &value, 4);
  return kSuccess;
}

u32 WASI(args_sizes_get)(Wasi* wasi, u32 count, u32 size) {
  (void)wasi;
  const u32 error = put32(count, 1);
  return error ? error : put32(size, 8);
}

u32 WASI(args_get)(Wasi* wasi, u32 pointers, u32 bytes) {
  (void)wasi;
  char* to = range(bytes, 8);
  if (!to) return kFault;
  memcpy(to, "program", 8);
  return put32(pointers, bytes);
}

u32 WASI(environ_sizes_get)(Wasi* wasi, u32 count, u32 size) {
  (void)wasi;
  const u32 error = put32(count, 0);
  return error ? error : put32(size, 0);
}

u32 WASI(environ_get)(Wasi* wasi, u32 pointers, u32 bytes) {
  (void)wasi, (void)pointers, (void)bytes;
  return kSuccess;
}

u32 WASI(clock_time_get)(Wasi* wasi, u32 clock, u64 precision, u32 out) {
  (void)wasi, (void)precision;
  struct timespec now;
  if (clock_gettime(clock ? CLOCK_MONOTONIC : CLOCK_REALTIME, &now)) return kIo;
  const u64 nanoseconds = (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
  void* to = range(out, 8);
  if (!to) return kFault;
  memcpy(to, &nanoseconds, 8);
  return kSuccess;
}

u32 WASI(fd_close)(Wasi* wasi, u32 fd) {
  (void)wasi;
  return fd < 3 ? kSuccess : kBadDescriptor;
}

u32 WASI(fd_seek)(Wasi* wasi, u32 fd, u64 offset, u32 whence, u32 out) {
  (void)wasi, (void)offset, (void)whence, (void)out;
  return fd < 3 ? kNotSeekable : kBadDescriptor;
}

// A character device with every right, as a terminal would be.
u32 WASI(fd_fdstat_get)(Wasi* wasi, u32 fd, u32 out) {
  (void)wasi;
  if (fd > 2) return kBadDescriptor;
  unsigned char* to = range(out, 24);
  if (!to) return kFault;
  memset(to, 0, 8);
  memset(to + 8, 0xff, 16);
  to[0] = 2;
  return kSuccess;
}

u32 WASI(fd_write)(Wasi* wasi, u32 fd, u32 vectors, u32 count, u32 out) {
  (void)wasi;
  if (fd != 1 && fd != 2) return kBadDescriptor;
  u32 written = 0;
  for (u32 i = 0; i < count; ++i) {
    u32 vector[2];
    const void* from = range(vectors + 8 * i, 8);
    if (!from) return kFault;
    memcpy(vector, from, 8);
    const void* bytes = range(vector[0], vector[1]);
    if (!bytes) return kFault;
    const ssize_t n = write((int)fd, bytes, vector[1]);
    if (n < 0) return kIo;
    written += (u32)n;
  }
  return put32(out, written);
}

void WASI(proc_exit)(Wasi* wasi, u32 status) {
  (void)wasi;
  _exit((int)status);
}

int main(void) {
  wasm_rt_init();
  wasm2c_guest_instantiate(&guest, 0);
  w2c_guest_0x5Fstart(&guest);
  return 0;
}
