// Calls: Fibonacci by recursion, and Ackermann for its depth.
#include "bench.h"

static __attribute__((noinline)) uint32_t fib(uint32_t n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static __attribute__((noinline)) uint32_t ackermann(uint32_t m, uint32_t n) {
  if (m == 0) return n + 1;
  return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

int main(void) {
  return report(mix(fib(40 + (uint32_t)one), ackermann(2 + (uint32_t)one, 9)));
}
