// Threads for guests without a C library: wasi-threads and the atomic instructions, and on them
// threads with a stack and thread-local variables each, mutexes and condition variables.
#pragma once

typedef unsigned int u32;
typedef unsigned long long u64;
typedef __SIZE_TYPE__ size_t;

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define WASI(name) IMPORT("wasi_snapshot_preview1", #name)
IMPORT("wasi", "thread-spawn") int thread_spawn(void* argument);
WASI(proc_exit) _Noreturn void proc_exit(u32 status);
WASI(fd_write) u32 fd_write(u32 fd, const void* buffers, u32 count, u32* size);
WASI(fd_read) u32 fd_read(u32 fd, const void* buffers, u32 count, u32* size);
WASI(poll_oneoff) u32 poll_oneoff(const void* in, void* out, u32 count, u32* events);
WASI(sched_yield) u32 sched_yield(void);
WASI(args_sizes_get) u32 args_sizes_get(u32* count, u32* size);
WASI(args_get) u32 args_get(char** argv, char* bytes);

// Words that threads wait on.
static inline int word_wait(u32* word, u32 value) {
  return __builtin_wasm_memory_atomic_wait32((int*)word, (int)value, -1);
}
static inline void word_wake(u32* word, u32 count) {
  __builtin_wasm_memory_atomic_notify((int*)word, count);
}

// 0: free, 1: held, 2: held, and somebody may wait.
typedef struct {
  u32 state;
} mutex;

static inline void lock(mutex* m) {
  u32 free = 0;
  if (__atomic_compare_exchange_n(&m->state, &free, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
    return;
  while (__atomic_exchange_n(&m->state, 2, __ATOMIC_ACQUIRE) != 0) word_wait(&m->state, 2);
}

static inline void unlock(mutex* m) {
  if (__atomic_exchange_n(&m->state, 0, __ATOMIC_RELEASE) == 2) word_wake(&m->state, 1);
}

typedef struct {
  u32 turn;
} condition;

static inline void wait_for(condition* c, mutex* m) {
  const u32 turn = __atomic_load_n(&c->turn, __ATOMIC_ACQUIRE);
  unlock(m);
  word_wait(&c->turn, turn);
  lock(m);
}

static inline void signal_all(condition* c) {
  __atomic_add_fetch(&c->turn, 1, __ATOMIC_RELEASE);
  word_wake(&c->turn, ~0u);
}

static inline void signal_one(condition* c) {
  __atomic_add_fetch(&c->turn, 1, __ATOMIC_RELEASE);
  word_wake(&c->turn, 1);
}

// A thread's block: this, its thread-local variables, and its stack, which ends with the block.
typedef struct thread {
  void* stack;  // known to wasi_thread_start
  void* tls;    // likewise
  void* (*function)(void*);
  void* value;  // argument, then result
  u32 done;
  int id;
  struct thread* next;
} thread;

#define THREAD_BLOCK 16384u
static mutex thread_lock;
static thread* thread_free;

__asm__(".globaltype __stack_pointer, i32\n");
extern void __wasm_init_tls(void*);

static inline void* round_up(void* place, size_t to) {
  return (void*)(((size_t)place + to - 1) & ~(to - 1));
}

static thread* thread_block(void) {
  lock(&thread_lock);
  if (thread_free == 0) {
    const size_t pages = 16, at = __builtin_wasm_memory_grow(0, pages);
    for (size_t i = 0; at != ~(size_t)0 && i < pages * 65536 / THREAD_BLOCK; ++i) {
      thread* block = (thread*)(at * 65536 + i * THREAD_BLOCK);
      block->next = thread_free;
      thread_free = block;
    }
  }
  thread* block = thread_free;
  if (block != 0) thread_free = block->next;
  unlock(&thread_lock);
  return block;
}

static void thread_drop(thread* block) {
  lock(&thread_lock);
  block->next = thread_free;
  thread_free = block;
  unlock(&thread_lock);
}

// Null: no memory, or no more threads.
static thread* thread_create(void* (*function)(void*), void* argument) {
  thread* self = thread_block();
  if (self == 0) return 0;
  self->stack = (char*)self + THREAD_BLOCK;
  self->tls = round_up(self + 1, __builtin_wasm_tls_align());
  self->function = function;
  self->value = argument;
  self->done = 0;
  const int id = thread_spawn(self);
  if (id > 0) {
    __atomic_store_n(&self->id, id, __ATOMIC_RELEASE);
    return self;
  }
  thread_drop(self);
  return 0;
}

static void* thread_join(thread* self) {
  while (__atomic_load_n(&self->done, __ATOMIC_ACQUIRE) == 0) word_wait(&self->done, 0);
  void* value = self->value;
  thread_drop(self);
  return value;
}

__attribute__((noinline)) static void thread_main(int id, thread* self) {
  (void)id;
  __wasm_init_tls(self->tls);
  self->value = self->function(self->value);
  __atomic_store_n(&self->done, 1, __ATOMIC_RELEASE);
  word_wake(&self->done, 1);
}

// Has no frame, for it has no stack yet.
__attribute__((export_name("wasi_thread_start"))) void wasi_thread_start(int id, thread* self) {
  __asm__ volatile("local.get %0\nglobal.set __stack_pointer" : : "r"(self->stack));
  thread_main(id, self);
}
