// Numerics: the norm of an infinite matrix by power iteration (divisions).
#include "bench.h"

enum { N = 2800 };
static double u[N], v[N], t[N];

static double element(int i, int j) {
  return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1);
}

static void times(double* out, const double* in) {
  for (int i = 0; i < N; ++i) {
    double sum = 0;
    for (int j = 0; j < N; ++j) sum += element(i, j) * in[j];
    out[i] = sum;
  }
}

static void times_transposed(double* out, const double* in) {
  for (int i = 0; i < N; ++i) {
    double sum = 0;
    for (int j = 0; j < N; ++j) sum += element(j, i) * in[j];
    out[i] = sum;
  }
}

int main(void) {
  for (int i = 0; i < N; ++i) u[i] = one;
  for (int i = 0; i < 10; ++i) {
    times(t, u);
    times_transposed(v, t);
    times(t, v);
    times_transposed(u, t);
  }
  double vbv = 0, vv = 0;
  for (int i = 0; i < N; ++i) {
    vbv += u[i] * v[i];
    vv += v[i] * v[i];
  }
  return report(mix_double(0, __builtin_sqrt(vbv / vv)));
}
