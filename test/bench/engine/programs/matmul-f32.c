// Matrix multiplication of floats in blocks, as a library without SIMD intrinsics has it.
#include "bench.h"

enum { N = 768, BLOCK = 64, ROUNDS = 16 };
static float a[N][N], b[N][N], c[N][N];

static void block(int i0, int j0, int k0) {
  for (int i = i0; i < i0 + BLOCK; ++i)
    for (int k = k0; k < k0 + BLOCK; ++k) {
      const float x = a[i][k];
      for (int j = j0; j < j0 + BLOCK; ++j) c[i][j] += x * b[k][j];
    }
}

int main(void) {
  uint64_t seed = new_seed();
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) {
      a[i][j] = (float)next_unit(&seed);
      b[i][j] = (float)next_unit(&seed);
    }
  for (int round = 0; round < ROUNDS; ++round)
    for (int i = 0; i < N; i += BLOCK)
      for (int k = 0; k < N; k += BLOCK)
        for (int j = 0; j < N; j += BLOCK) block(i, j, k);
  uint64_t sum = 0;
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) sum = mix_double(sum, c[i][j]);
  return report(sum);
}
