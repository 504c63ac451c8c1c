// What threads do, and how they end. The first argument says what; ends with the line of the first
// thing that is wrong.
#include "deploy/examples/threads/threads.h"

#define CHECK(condition) \
  if (!(condition)) proc_exit(__LINE__ & 0xff)

static int same(const char* a, const char* b) {
  while (*a != 0 && *a == *b) ++a, ++b;
  return *a == *b;
}

static void say(const char* text) {
  struct {
    const char* bytes;
    u32 size;
  } buffer = {text, 0};
  while (text[buffer.size] != 0) ++buffer.size;
  u32 written;
  fd_write(1, &buffer, 1, &written);
}

static void say_number(u32 number) {
  char digits[12];
  char* at = digits + sizeof digits;
  *--at = 0;
  *--at = '\n';
  do *--at = (char)('0' + number % 10);
  while ((number /= 10) != 0);
  say(at);
}

// --- what threads are for

enum { kThreads = 8, kTimes = 5000 };
static mutex shared_lock;
static u32 plain;  // guarded by it
static u32 atomic;
static _Thread_local u32 mine = 11;

static void* add(void* argument) {
  CHECK(mine == 11);
  for (u32 i = 0; i < kTimes; ++i) {
    lock(&shared_lock);
    ++plain;
    unlock(&shared_lock);
    __atomic_add_fetch(&atomic, 1, __ATOMIC_SEQ_CST);
    ++mine;
  }
  CHECK(mine == 11 + kTimes);
  return (void*)((u32)argument * 2);
}

static void mutexes(void) {
  thread* threads[kThreads];
  mine = 5;
  for (u32 i = 0; i < kThreads; ++i) CHECK((threads[i] = thread_create(add, (void*)i)) != 0);
  for (u32 i = 0; i < kThreads; ++i) {
    for (u32 j = 0; j < i; ++j) CHECK(threads[i]->id != threads[j]->id);
    CHECK(threads[i]->id > 0 && threads[i]->id < 1 << 29);
  }
  for (u32 i = 0; i < kThreads; ++i) CHECK((u32)thread_join(threads[i]) == i * 2);
  CHECK(mine == 5);
  CHECK(plain == kThreads * kTimes && atomic == kThreads * kTimes);
}

// A queue of a few places between producers and consumers.
enum { kPlaces = 3 };
static u32 queue[kPlaces], used, sum;
static condition changed;

static void* produce(void* argument) {
  (void)argument;
  for (u32 i = 1; i <= kTimes; ++i) {
    lock(&shared_lock);
    while (used == kPlaces) wait_for(&changed, &shared_lock);
    queue[used++] = i;
    signal_all(&changed);
    unlock(&shared_lock);
  }
  return 0;
}

static void* consume(void* argument) {
  (void)argument;
  for (u32 i = 1; i <= kTimes; ++i) {
    lock(&shared_lock);
    while (used == 0) wait_for(&changed, &shared_lock);
    sum += queue[--used];
    signal_all(&changed);
    unlock(&shared_lock);
  }
  return 0;
}

static void conditions(void) {
  thread* threads[kThreads];
  for (u32 i = 0; i < kThreads; ++i) {
    CHECK((threads[i] = thread_create(i % 2 == 0 ? produce : consume, 0)) != 0);
  }
  for (u32 i = 0; i < kThreads; ++i) thread_join(threads[i]);
  CHECK(used == 0 && sum == kThreads / 2 * (kTimes * (kTimes + 1) / 2));
}

static void* nothing(void* argument) { return argument; }

// On a busy machine the host is a while behind with freeing what ended threads had.
static thread* create_patiently(u32 argument) {
  for (u32 tries = 0; tries < 100000; ++tries) {
    thread* one = thread_create(nothing, (void*)argument);
    if (one != 0) return one;
    sched_yield();
  }
  return 0;
}

static void many(u32 count) {
  for (u32 i = 0; i < count; ++i) {
    thread* one = create_patiently(i);
    CHECK(one != 0);
    CHECK((u32)thread_join(one) == i);
  }
}

static void* grow(void* argument) {
  for (int i = 0; i < 20; ++i) {
    const size_t at = __builtin_wasm_memory_grow(0, 1);
    CHECK(at != ~(size_t)0);
    for (u32 j = 0; j < 65536; j += 4096) {
      CHECK(__atomic_exchange_n((u32*)(at * 65536 + j), 1, __ATOMIC_SEQ_CST) == 0);
    }
  }
  return argument;
}

static void growth(void) {
  thread* threads[kThreads];
  for (u32 i = 0; i < kThreads; ++i) CHECK((threads[i] = thread_create(grow, 0)) != 0);
  for (u32 i = 0; i < kThreads; ++i) thread_join(threads[i]);
}

// --- how many there may be

static u32 gate;
static void* wait_at_gate(void* argument) {
  while (__atomic_load_n(&gate, __ATOMIC_ACQUIRE) == 0) word_wait(&gate, 0);
  return argument;
}

// A thread, tried for up to two seconds: the kernel counts one that has ended a little longer than
// we do.
static thread* create_in_the_end(void) {
  static u32 nobody_wakes;
  for (int tries = 0; tries < 2000; ++tries) {
    thread* one = thread_create(wait_at_gate, 0);
    if (one != 0) return one;
    __builtin_wasm_memory_atomic_wait32((int*)&nobody_wakes, 0, 1000000);
  }
  return 0;
}

static void limit(void) {
  u32 most = 0;
  for (int round = 0; round < 3; ++round) {
    thread* all = 0;
    u32 count = 0;
    gate = 0;
    for (;; ++count) {
      thread* one = count < most ? create_in_the_end() : thread_create(wait_at_gate, 0);
      if (one == 0) break;
      one->next = all;
      all = one;
    }
    if (count > most) most = count;
    say_number(count);
    __atomic_store_n(&gate, 1, __ATOMIC_RELEASE);
    word_wake(&gate, ~0u);
    while (all != 0) {
      thread* next = all->next;
      thread_join(all);
      all = next;
    }
  }
}

// --- how they end

static u32 ready, never;

static void* spin(void* argument) {
  __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&never, __ATOMIC_RELAXED) == 0) {
  }
  return argument;
}

static void* wait_forever(void* argument) {
  __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
  for (;;) word_wait(&never, 0);
  return argument;
}

static void* yield_forever(void* argument) {
  __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
  for (;;) sched_yield();
  return argument;
}

static void* read_forever(void* argument) {
  char byte;
  struct {
    void* bytes;
    u32 size;
  } buffer = {&byte, 1};
  u32 size;
  __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
  CHECK(fd_read(0, &buffer, 1, &size) == 0);
  CHECK(0);
  return argument;
}

typedef struct {
  u64 userdata;
  unsigned char type, padding[7];
  u32 clock_or_fd, padding2;
  u64 timeout, precision;
  unsigned short flags;
} subscription;

static void poll_for(u32 type, u64 timeout) {
  subscription in = {.type = (unsigned char)type, .clock_or_fd = type == 0, .timeout = timeout};
  char out[32];
  u32 events;
  CHECK(poll_oneoff(&in, out, 1, &events) == 0);
}

static void* sleep_forever(void* argument) {
  __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
  for (;;) poll_for(0, 3600000000000ull);
  return argument;
}

static void* poll_forever(void* argument) {
  __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
  for (;;) poll_for(1, 0);
  return argument;
}

static void* fill_forever(void* argument) {
  static char bytes[8 << 20];
  __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
  for (;;) __builtin_memset(bytes, (int)never, sizeof bytes);
  return argument;
}

static void* spawn_forever(void* argument) {
  __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
  for (;;) {
    thread* one = thread_create(nothing, 0);
    if (one != 0) thread_join(one);
  }
  return argument;
}

static void* (*const kForever[])(void*) = {spin,          wait_forever, yield_forever, read_forever,
                                           sleep_forever, poll_forever, fill_forever,  spawn_forever};
static const char* const kNames[] = {"spin", "wait", "yield", "read", "sleep", "poll", "fill", "spawn"};
enum { kWays = sizeof kForever / sizeof *kForever };

static void* finish(void* argument) {
  while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < kWays + 1) sched_yield();
  poll_for(0, 20000000);
  if (same(argument, "exit")) proc_exit(7);
  if (same(argument, "trap")) __builtin_trap();
  return 0;
}

// All that a thread can be in at once, the first thread in `main`, while another ends them.
static void end(const char* how, const char* main) {
  for (u32 i = 0; i < kWays; ++i) CHECK(thread_create(kForever[i], 0) != 0);
  if (same(main, "finish")) {
    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    finish((void*)how);
    return;
  }
  CHECK(thread_create(finish, (void*)how) != 0);
  for (u32 i = 0; i < kWays; ++i) {
    if (same(main, kNames[i])) kForever[i](0);
  }
  CHECK(0);
}

static void* bomb(void* argument) {
  while (thread_create(bomb, argument) != 0) {
  }
  for (;;) word_wait(&never, 0);
  return argument;
}

// Every thread makes as many as it can.
static void explode(void) {
  CHECK(thread_create(bomb, 0) != 0);
  poll_for(0, 300000000);
  say("still here\n");
  proc_exit(3);
}

static u32 number(const char* text) {
  u32 value = 0;
  for (; *text != 0; ++text) value = value * 10 + (u32)(*text - '0');
  return value;
}

void _start(void) {
  static char bytes[1024];
  static char* argv[16];
  u32 count, size;
  CHECK(args_sizes_get(&count, &size) == 0 && count >= 2 && count < 16 && size < sizeof bytes);
  CHECK(args_get(argv, bytes) == 0);
  const char* what = argv[1];
  if (same(what, "mutexes")) return mutexes();
  if (same(what, "conditions")) return conditions();
  if (same(what, "growth")) return growth();
  if (same(what, "many")) return many(number(argv[2]));
  if (same(what, "limit")) return limit();
  if (same(what, "end")) return end(argv[2], argv[3]);
  if (same(what, "bomb")) return explode();
  CHECK(0);
}
