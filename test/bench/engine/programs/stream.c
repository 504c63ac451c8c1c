// Memory bandwidth: copy, scale, add and triad of arrays that no cache holds.
#include "bench.h"

enum { N = 3000000, ROUNDS = 32 };
static double a[N], b[N], c[N];

static void copy(double* restrict x, const double* restrict y) {
  for (int i = 0; i < N; ++i) x[i] = y[i];
}
static void scale(double* restrict x, const double* restrict y, double s) {
  for (int i = 0; i < N; ++i) x[i] = s * y[i];
}
static void add(double* restrict x, const double* restrict y, const double* restrict z) {
  for (int i = 0; i < N; ++i) x[i] = y[i] + z[i];
}
static void triad(double* restrict x, const double* restrict y, const double* restrict z,
                  double s) {
  for (int i = 0; i < N; ++i) x[i] = y[i] + s * z[i];
}

int main(void) {
  uint64_t seed = new_seed();
  for (int i = 0; i < N; ++i) {
    a[i] = next_unit(&seed);
    b[i] = next_unit(&seed);
  }
  for (int round = 0; round < ROUNDS; ++round) {
    copy(c, a);
    scale(b, c, 0.5);
    add(c, a, b);
    triad(a, b, c, 0.25);
  }
  uint64_t sum = 0;
  for (int i = 0; i < N; i += 1000) sum = mix_double(mix_double(sum, a[i]), b[i]);
  return report(sum);
}
