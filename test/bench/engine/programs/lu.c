// Linear algebra: LU decomposition in place, doubles, triangular loops.
#include "bench.h"

enum { N = 480, ROUNDS = 20 };
static double original[N][N], a[N][N];

static void decompose(void) {
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < i; ++j) {
      for (int k = 0; k < j; ++k) a[i][j] -= a[i][k] * a[k][j];
      a[i][j] /= a[j][j];
    }
    for (int k = 0; k < i; ++k)
      for (int j = i; j < N; ++j) a[i][j] -= a[i][k] * a[k][j];
  }
}

int main(void) {
  uint64_t seed = new_seed();
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) original[i][j] = next_unit(&seed) + (i == j ? N : 0);
  uint64_t sum = 0;
  for (int round = 0; round < ROUNDS; ++round) {
    memcpy(a, original, sizeof a);
    a[0][round] += 1;
    decompose();
    sum = mix_doubles(sum, &a[0][0], N * N);
  }
  return report(sum);
}
