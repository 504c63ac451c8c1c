// Dynamic programming: the best folding of a random RNA, int, triangular table with data-dependent
// maxima.
#include "bench.h"

enum { N = 1700 };
static signed char base[N];
static int table[N][N];

static int max(int x, int y) {
  return x > y ? x : y;
}

int main(void) {
  uint64_t seed = new_seed();
  for (int i = 0; i < N; ++i) base[i] = (signed char)(next_random(&seed) & 3);
  for (int i = N - 1; i >= 0; --i)
    for (int j = i + 1; j < N; ++j) {
      int best = max(table[i][j - 1], i + 1 < N ? table[i + 1][j] : 0);
      if (i + 1 < N) best = max(best, table[i + 1][j - 1] + (i < j - 1 && base[i] + base[j] == 3));
      for (int k = i + 1; k < j; ++k) best = max(best, table[i][k] + table[k + 1][j]);
      table[i][j] = best;
    }
  uint64_t sum = (uint64_t)table[0][N - 1];
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) sum = mix(sum, (uint64_t)table[i][j]);
  return report(sum);
}
