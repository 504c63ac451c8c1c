// Linear algebra: C = alpha A B + beta C, doubles, row by row.
#include "bench.h"

enum { N = 512, ROUNDS = 20 };
static double a[N][N], b[N][N], c[N][N];

static void gemm(double alpha, double beta) {
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) c[i][j] *= beta;
    for (int k = 0; k < N; ++k)
      for (int j = 0; j < N; ++j) c[i][j] += alpha * a[i][k] * b[k][j];
  }
}

int main(void) {
  uint64_t seed = new_seed();
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) {
      a[i][j] = next_unit(&seed);
      b[i][j] = next_unit(&seed);
      c[i][j] = next_unit(&seed);
    }
  for (int round = 0; round < ROUNDS; ++round) gemm(0.5 + round, 0.25);
  return report(mix_doubles(0, &c[0][0], N * N));
}
