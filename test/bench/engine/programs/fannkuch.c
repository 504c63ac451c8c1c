// Permutations: the most prefix reversals that any order of ten numbers needs (tiny arrays, short
// loops).
#include "bench.h"

enum { N = 10 };

static int flips_of(const int* order) {
  int cards[N];
  memcpy(cards, order, sizeof cards);
  int flips = 0;
  for (int first; (first = cards[0]) != 0; ++flips)
    for (int i = 0, j = first; i < j; ++i, --j) {
      const int t = cards[i];
      cards[i] = cards[j];
      cards[j] = t;
    }
  return flips;
}

// Visits all permutations of `order`, each one rotation of a prefix away from the one before.
static uint64_t fannkuch(int* order) {
  int count[N], most = 0, level = N;
  uint64_t sum = 0;
  for (int turn = 0;; ++turn) {
    for (; level > 1; --level) count[level - 1] = level;
    const int flips = flips_of(order);
    if (flips > most) most = flips;
    sum += (uint64_t)(turn % 2 ? -flips : flips);
    for (;; ++level) {
      if (level == N) return mix(sum, (uint64_t)most);
      const int first = order[0];
      for (int i = 0; i < level; ++i) order[i] = order[i + 1];
      order[level] = first;
      if (--count[level] > 0) break;
    }
  }
}

int main(void) {
  uint64_t sum = 0;
  for (int shift = 0; shift < 2; ++shift) {
    int order[N];
    for (int i = 0; i < N; ++i) order[i] = (i * one + shift) % N;
    sum = mix(sum, fannkuch(order));
  }
  return report(sum);
}
