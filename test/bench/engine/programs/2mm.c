// Linear algebra: D = A B C, doubles, each element a dot product down a column (strided loads).
#include "bench.h"

enum { N = 320, ROUNDS = 10 };
static double a[N][N], b[N][N], c[N][N], d[N][N], product[N][N];

static void multiply(double out[N][N], double x[N][N], double y[N][N]) {
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) {
      double sum = 0;
      for (int k = 0; k < N; ++k) sum += x[i][k] * y[k][j];
      out[i][j] = sum;
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
  uint64_t sum = 0;
  for (int round = 0; round < ROUNDS; ++round) {
    a[round][round] += 1;
    multiply(product, a, b);
    multiply(d, product, c);
    sum = mix_doubles(sum, d[round], N);
  }
  return report(mix_doubles(sum, &d[0][0], N * N));
}
