// Memory latency: a pointer chase through one random cycle, larger than the caches.
#include "bench.h"

enum { N = 1 << 21, STEPS = 2000000 };
typedef struct Cell {
  struct Cell* next;
  uint32_t value;
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
    cells[order[i]].next = &cells[order[(i + 1) % N]];
    cells[order[i]].value = i;
  }
  uint64_t sum = 0;
  const Cell* cell = &cells[order[0]];
  for (int i = 0; i < STEPS; ++i) {
    sum += cell->value;
    cell = cell->next;
  }
  return report(mix(sum, cell->value));
}
