// Stencil: five-point averages from one grid into another, doubles.
#include "bench.h"

enum { N = 800, STEPS = 800 };
static double a[N][N], b[N][N];

static void step(double out[N][N], double in[N][N]) {
  for (int i = 1; i < N - 1; ++i)
    for (int j = 1; j < N - 1; ++j)
      out[i][j] = 0.2 * (in[i][j] + in[i][j - 1] + in[i][j + 1] + in[i + 1][j] + in[i - 1][j]);
}

int main(void) {
  uint64_t seed = new_seed();
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) a[i][j] = b[i][j] = next_unit(&seed);
  for (int i = 0; i < STEPS; ++i) {
    step(b, a);
    step(a, b);
  }
  return report(mix_doubles(0, &a[0][0], N * N));
}
