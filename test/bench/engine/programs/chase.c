// Memory latency: a chase through one random cycle, larger than the caches.
#include "bench.h"

enum { N = 1 << 21, STEPS = 2000000 };
typedef struct {
  uint32_t next, value;  // an index, since pointers have not the same size everywhere
} Cell;
static Cell cells[N];
static uint32_t order[N];

int main(void) {
  uint64_t seed = new_seed();
  for (uint32_t i = 0; i < N; ++i) order[i] = i;
  for (uint32_t i = N - 1; i > 0; --i) {
    const uint32_t j = next_random(&seed) % (i + 1), t = order[i];
    order[i] = order[j];
    order[j] = t;
  }
  for (uint32_t i = 0; i < N; ++i) {
    cells[order[i]].next = order[(i + 1) % N];
    cells[order[i]].value = i;
  }
  uint64_t sum = 0;
  uint32_t at = order[0];
  for (int i = 0; i < STEPS; ++i) {
    sum += cells[at].value;
    at = cells[at].next;
  }
  return report(mix(sum, at));
}
