// SIMD: a 3x3 box-like blur of bytes, sixteen at a time: WebAssembly's intrinsics, or GNU vectors
// of the same width.

// flags: -msimd128
#include "bench.h"

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
typedef v128_t Bytes;
static Bytes load(const uint8_t* p) {
  return wasm_v128_load(p);
}
static void store(uint8_t* p, Bytes x) {
  wasm_v128_store(p, x);
}
// (a + 2 b + c + 2) / 4 of each byte, exactly.
static Bytes smooth(Bytes a, Bytes b, Bytes c) {
  const v128_t two = wasm_i16x8_splat(2);
  const v128_t low =
      wasm_i16x8_add(wasm_i16x8_add(wasm_u16x8_extend_low_u8x16(a), wasm_u16x8_extend_low_u8x16(c)),
                     wasm_i16x8_add(wasm_i16x8_shl(wasm_u16x8_extend_low_u8x16(b), 1), two));
  const v128_t high = wasm_i16x8_add(
      wasm_i16x8_add(wasm_u16x8_extend_high_u8x16(a), wasm_u16x8_extend_high_u8x16(c)),
      wasm_i16x8_add(wasm_i16x8_shl(wasm_u16x8_extend_high_u8x16(b), 1), two));
  return wasm_u8x16_narrow_i16x8(wasm_u16x8_shr(low, 2), wasm_u16x8_shr(high, 2));
}
#else
typedef uint8_t Bytes __attribute__((vector_size(16)));
typedef uint16_t Wide __attribute__((vector_size(32)));
static Bytes load(const uint8_t* p) {
  Bytes x;
  memcpy(&x, p, sizeof x);
  return x;
}
static void store(uint8_t* p, Bytes x) {
  memcpy(p, &x, sizeof x);
}
static Bytes smooth(Bytes a, Bytes b, Bytes c) {
  const Wide sum = __builtin_convertvector(a, Wide) + 2 * __builtin_convertvector(b, Wide) +
                   __builtin_convertvector(c, Wide) + 2;
  return __builtin_convertvector(sum >> 2, Bytes);
}
#endif

enum { W = 1600, H = 1200, ROUNDS = 2000, EDGE = 16 };
static uint8_t picture[H][W + 2 * EDGE], rows[H][W + 2 * EDGE];

static void blur(void) {
  for (int y = 0; y < H; ++y)
    for (int x = EDGE; x < W + EDGE; x += 16)
      store(&rows[y][x],
            smooth(load(&picture[y][x - 1]), load(&picture[y][x]), load(&picture[y][x + 1])));
  for (int y = 1; y < H - 1; ++y)
    for (int x = EDGE; x < W + EDGE; x += 16)
      store(&picture[y][x],
            smooth(load(&rows[y - 1][x]), load(&rows[y][x]), load(&rows[y + 1][x])));
}

int main(void) {
  uint64_t seed = new_seed(), sum = 0;
  for (int y = 0; y < H; ++y)
    for (int x = 0; x < W + 2 * EDGE; ++x) picture[y][x] = (uint8_t)next_random(&seed);
  for (int round = 0; round < ROUNDS; ++round) {
    blur();
    picture[round % H][EDGE + round % W] = 255;
  }
  for (int y = 0; y < H; ++y)
    for (int x = EDGE; x < W + EDGE; ++x) sum = sum * 31 + picture[y][x];
  return report(sum);
}
