// A bytecode interpreter: a stack machine with a switch in a loop, which runs a sieve and a Collatz
// search.
#include "bench.h"

enum Op {
  PUSH,
  LOAD,
  STORE,
  GET,
  SET,
  ADD,
  SUB,
  MUL,
  SHR,
  AND,
  LESS,
  JUMP,
  JUMP_IF_NOT,
  INCREMENT,
  HALT
};
enum { WORDS = 1 << 16, ROUNDS = 15 };

static int32_t memory[WORDS];
static uint64_t executed;

static int64_t run(const int32_t* code) {
  int32_t stack[64], locals[16] = {0};
  int32_t* top = stack;
  const int32_t* pc = code;
  uint64_t count = 0;
  for (;; ++count) {
    // clang-format off
    switch (*pc++) {
      case PUSH: *top++ = *pc++; break;
      case LOAD: *top++ = locals[*pc++ & 15]; break;
      case STORE: locals[*pc++ & 15] = *--top; break;
      case GET: top[-1] = memory[top[-1] & (WORDS - 1)]; break;
      case SET: top -= 2; memory[top[0] & (WORDS - 1)] = top[1]; break;
      case ADD: --top; top[-1] = (int32_t)((uint32_t)top[-1] + (uint32_t)top[0]); break;
      case SUB: --top; top[-1] = (int32_t)((uint32_t)top[-1] - (uint32_t)top[0]); break;
      case MUL: --top; top[-1] = (int32_t)((uint32_t)top[-1] * (uint32_t)top[0]); break;
      case SHR: --top; top[-1] = (int32_t)((uint32_t)top[-1] >> (top[0] & 31)); break;
      case AND: --top; top[-1] &= top[0]; break;
      case LESS: --top; top[-1] = top[-1] < top[0]; break;
      case JUMP: pc = code + *pc; break;
      case JUMP_IF_NOT: pc = *--top ? pc + 1 : code + *pc; break;
      case INCREMENT: ++locals[*pc++ & 15]; break;
      case HALT: executed += count; return top[-1];
      default: return -1;
    }
    // clang-format on
  }
}

// clang-format off
// Locals: 0 limit, 1 i, 2 j, 3 primes.
static const int32_t kSieve[] = {
    PUSH, 65000, STORE, 0, PUSH, 2, STORE, 1,                        // 0
    LOAD, 1, LOAD, 0, LESS, JUMP_IF_NOT, 59,                         // 8: while i < limit
    LOAD, 1, GET, JUMP_IF_NOT, 22, JUMP, 55,                         // 15: if memory[i] == 0
    INCREMENT, 3,                                                    // 22
    LOAD, 1, LOAD, 1, ADD, STORE, 2,                                 // 24: j = 2 * i
    LOAD, 2, LOAD, 0, LESS, JUMP_IF_NOT, 55,                         // 31: while j < limit
    LOAD, 2, PUSH, 1, SET,                                           // 38: memory[j] = 1
    LOAD, 2, LOAD, 1, ADD, STORE, 2,                                 // 43: j += i
    JUMP, 31, HALT, HALT, HALT,                                      // 50
    INCREMENT, 1, JUMP, 8,                                           // 55
    LOAD, 3, HALT,                                                   // 59
};

// Locals: 0 start, 1 n, 2 steps; the sum of all steps for starts below 9000.
static const int32_t kCollatz[] = {
    PUSH, 1, STORE, 0,                                               // 0
    LOAD, 0, PUSH, 9000, LESS, JUMP_IF_NOT, 52,                      // 4
    LOAD, 0, STORE, 1,                                               // 11
    PUSH, 1, LOAD, 1, LESS, JUMP_IF_NOT, 48,                         // 15: while 1 < n
    INCREMENT, 2,                                                    // 22
    LOAD, 1, PUSH, 1, AND, JUMP_IF_NOT, 41,                          // 24: if n odd
    LOAD, 1, PUSH, 3, MUL, PUSH, 1, ADD, JUMP, 46,                   // 31: n = 3 n + 1
    LOAD, 1, PUSH, 1, SHR,                                           // 41: n >>= 1
    STORE, 1,                                                        // 46
    // 48 is reached both when the loop's body ends and when it is over: the test decides again.
    PUSH, 1, JUMP, 55,                                               // 48
    LOAD, 2, HALT,                                                   // 52
    LOAD, 1, LESS, JUMP_IF_NOT, 62, JUMP, 15,                        // 55
    INCREMENT, 0, JUMP, 4,                                           // 62
};
// clang-format on

int main(void) {
  uint64_t sum = new_seed();
  for (int round = 0; round < ROUNDS; ++round) {
    memset(memory, 0, sizeof memory);
    memory[3 + round] = one - 1;
    sum = mix(sum, (uint64_t)run(kSieve));
    sum = mix(sum, (uint64_t)run(kCollatz));
  }
  return report(mix(sum, executed));
}
