// SIMD: a 4x4-tiled matrix product of floats: WebAssembly's intrinsics, or GNU vectors of the same
// width.

// flags: -msimd128
#include "bench.h"

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
typedef v128_t Floats;
static Floats load(const float* p) {
  return wasm_v128_load(p);
}
static void store(float* p, Floats x) {
  wasm_v128_store(p, x);
}
static Floats splat(float x) {
  return wasm_f32x4_splat(x);
}
static Floats multiply_add(Floats sum, Floats x, Floats y) {
  return wasm_f32x4_add(sum, wasm_f32x4_mul(x, y));
}
#else
typedef float Floats __attribute__((vector_size(16)));
static Floats load(const float* p) {
  Floats x;
  memcpy(&x, p, sizeof x);
  return x;
}
static void store(float* p, Floats x) {
  memcpy(p, &x, sizeof x);
}
static Floats splat(float x) {
  return (Floats){x, x, x, x};
}
static Floats multiply_add(Floats sum, Floats x, Floats y) {
  return sum + x * y;
}
#endif

enum { N = 768, ROUNDS = 12 };
static float a[N][N], b[N][N], c[N][N];

static void tile(int i, int j) {
  Floats sums[4] = {load(&c[i][j]), load(&c[i + 1][j]), load(&c[i + 2][j]), load(&c[i + 3][j])};
  for (int k = 0; k < N; ++k) {
    const Floats row = load(&b[k][j]);
    for (int r = 0; r < 4; ++r) sums[r] = multiply_add(sums[r], splat(a[i + r][k]), row);
  }
  for (int r = 0; r < 4; ++r) store(&c[i + r][j], sums[r]);
}

int main(void) {
  uint64_t seed = new_seed(), sum = 0;
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) {
      a[i][j] = (float)next_unit(&seed);
      b[i][j] = (float)next_unit(&seed);
    }
  for (int round = 0; round < ROUNDS; ++round)
    for (int j = 0; j < N; j += 4)
      for (int i = 0; i < N; i += 4) tile(i, j);
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) sum = mix_double(sum, c[i][j]);
  return report(sum);
}
