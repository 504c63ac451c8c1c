// Kernels with Wasm's vector intrinsics, each compared with a plain loop over the same data: what image
// codecs, hashes and text scanners are made of. Prints "vectors ok", or the kernel that differs.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasm_simd128.h>

#define N 4096  // items of each array

static uint8_t bytes[N + 16], others[N], got[N], expected[N];
static float floats[N], more[N], got_floats[N];
static int32_t got_ints[N];

static uint32_t next(void) {
  static uint32_t state = 2463534242u;
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

static void check(int same, const char *what) {
  if (same) return;
  printf("%s differs\n", what);
  exit(1);
}

static int clamp(int value, int low, int high) { return value < low ? low : value > high ? high : value; }

static void saturating_sums(void) {
  for (int i = 0; i < N; i += 16) {
    wasm_v128_store(got + i, wasm_u8x16_add_sat(wasm_v128_load(bytes + i), wasm_v128_load(others + i)));
  }
  for (int i = 0; i < N; ++i) expected[i] = (uint8_t)clamp(bytes[i] + others[i], 0, 255);
  check(memcmp(got, expected, N) == 0, "saturating sum");
}

// (a * alpha + b * (256 - alpha)) / 256, through sixteen bits.
static void blend(int alpha) {
  const v128_t left = wasm_i16x8_splat((int16_t)alpha), right = wasm_i16x8_splat((int16_t)(256 - alpha));
  for (int i = 0; i < N; i += 16) {
    const v128_t a = wasm_v128_load(bytes + i), b = wasm_v128_load(others + i);
    const v128_t low = wasm_i16x8_add(wasm_i16x8_mul(wasm_u16x8_extend_low_u8x16(a), left),
                                      wasm_i16x8_mul(wasm_u16x8_extend_low_u8x16(b), right));
    const v128_t high = wasm_i16x8_add(wasm_i16x8_mul(wasm_u16x8_extend_high_u8x16(a), left),
                                       wasm_i16x8_mul(wasm_u16x8_extend_high_u8x16(b), right));
    wasm_v128_store(got + i, wasm_u8x16_narrow_i16x8(wasm_u16x8_shr(low, 8), wasm_u16x8_shr(high, 8)));
  }
  for (int i = 0; i < N; ++i) expected[i] = (uint8_t)((bytes[i] * alpha + others[i] * (256 - alpha)) >> 8);
  check(memcmp(got, expected, N) == 0, "blend");
}

// The low digit of each byte in hexadecimal, by a table in a register.
static void digits(void) {
  const v128_t table = wasm_v128_load("0123456789abcdef");
  for (int i = 0; i < N; i += 16) {
    const v128_t low = wasm_v128_and(wasm_v128_load(bytes + i), wasm_i8x16_splat(15));
    wasm_v128_store(got + i, wasm_i8x16_swizzle(table, low));
  }
  for (int i = 0; i < N; ++i) expected[i] = (uint8_t)"0123456789abcdef"[bytes[i] & 15];
  check(memcmp(got, expected, N) == 0, "digits");
}

static void reverse(void) {
  for (int i = 0; i < N; i += 16) {
    const v128_t from = wasm_v128_load(bytes + N - 16 - i);
    wasm_v128_store(got + i, wasm_i8x16_shuffle(from, from, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
  }
  for (int i = 0; i < N; ++i) expected[i] = bytes[N - 1 - i];
  check(memcmp(got, expected, N) == 0, "reverse");
}

static int find(const uint8_t *from, uint8_t byte) {
  for (int i = 0; i < N; i += 16) {
    const v128_t same = wasm_i8x16_eq(wasm_v128_load(from + i), wasm_i8x16_splat((int8_t)byte));
    if (wasm_v128_any_true(same)) return i + __builtin_ctz(wasm_i8x16_bitmask(same));
  }
  return -1;
}

static void search(void) {
  memset(got, 1, N);
  check(find(got, 0) == -1, "search for nothing");
  for (int at = 0; at < N; at += 37) {
    got[at] = 0;
    check(find(got, 0) == at, "search");
    got[at] = 1;
  }
}

static void population(void) {
  v128_t sums = wasm_i32x4_splat(0);
  uint32_t plain = 0;
  for (int i = 0; i < N; i += 16) {
    const v128_t counts = wasm_i8x16_popcnt(wasm_v128_load(bytes + i));
    sums = wasm_i32x4_add(sums, wasm_u32x4_extadd_pairwise_u16x8(wasm_u16x8_extadd_pairwise_u8x16(counts)));
  }
  for (int i = 0; i < N; ++i) plain += (uint32_t)__builtin_popcount(bytes[i]);
  check((uint32_t)(wasm_i32x4_extract_lane(sums, 0) + wasm_i32x4_extract_lane(sums, 1) +
                   wasm_i32x4_extract_lane(sums, 2) + wasm_i32x4_extract_lane(sums, 3)) == plain,
        "population");
}

static void dot_products(void) {
  const int16_t *a = (const int16_t *)bytes, *b = (const int16_t *)others;
  for (int i = 0; i < N / 2; i += 8) {
    wasm_v128_store(got_ints + i / 2, wasm_i32x4_dot_i16x8(wasm_v128_load(a + i), wasm_v128_load(b + i)));
  }
  for (int i = 0; i < N / 4; ++i) {
    const int64_t sum = (int64_t)a[2 * i] * b[2 * i] + (int64_t)a[2 * i + 1] * b[2 * i + 1];
    check(got_ints[i] == (int32_t)sum, "dot product");
  }
}

static int32_t saturate(float value) {
  if (isnan(value)) return 0;
  return value >= 0x1p31f ? INT32_MAX : value < -0x1p31f ? INT32_MIN : (int32_t)value;
}

static void conversions(void) {
  for (int i = 0; i < N; i += 4) {
    wasm_v128_store(got_ints + i, wasm_i32x4_trunc_sat_f32x4(wasm_v128_load(floats + i)));
  }
  for (int i = 0; i < N; ++i) check(got_ints[i] == saturate(floats[i]), "conversion");
}

static int same_floats(float left, float right) {
  return isnan(left) ? isnan(right) : memcmp(&left, &right, sizeof(left)) == 0;
}

static void minima(void) {
  for (int i = 0; i < N; i += 4) {
    const v128_t a = wasm_v128_load(floats + i), b = wasm_v128_load(more + i);
    wasm_v128_store(got_floats + i, wasm_f32x4_min(a, b));
  }
  for (int i = 0; i < N; ++i) {
    float least = floats[i] < more[i] ? floats[i] : more[i];
    if (floats[i] == 0 && more[i] == 0) least = signbit(floats[i]) ? floats[i] : more[i];
    if (isnan(floats[i]) || isnan(more[i])) least = NAN;
    check(same_floats(got_floats[i], least), "minimum");
  }
}

// Newton's square root, in a loop until all lanes are still.
static void roots(void) {
  for (int i = 0; i < N; i += 4) {
    const v128_t value = wasm_f32x4_add(wasm_f32x4_convert_u32x4(wasm_v128_load(bytes + i)), wasm_f32x4_splat(1));
    v128_t root = value, last;
    do {
      last = root;
      root = wasm_f32x4_mul(wasm_f32x4_splat(0.5f), wasm_f32x4_add(last, wasm_f32x4_div(value, last)));
    } while (wasm_v128_any_true(wasm_f32x4_lt(root, last)));
    wasm_v128_store(got_floats, wasm_f32x4_div(last, wasm_f32x4_sqrt(value)));
    for (int k = 0; k < 4; ++k) check(fabsf(got_floats[k] - 1) < 1e-6f, "root");
  }
}

int main(void) {
  static const uint32_t special[] = {0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0x4f000000, 0xcf000000, 0x4effffff};
  for (int i = 0; i < N; ++i) {
    bytes[i] = (uint8_t)next();
    others[i] = (uint8_t)next();
    const uint32_t one = i % 5 == 0 ? special[next() % 8] : next(), other = i % 7 == 0 ? special[next() % 8] : next();
    memcpy(&floats[i], &one, sizeof(one));
    memcpy(&more[i], &other, sizeof(other));
  }
  saturating_sums();
  for (int alpha = 0; alpha <= 256; alpha += 16) blend(alpha);
  digits();
  reverse();
  search();
  population();
  dot_products();
  conversions();
  minima();
  roots();
  puts("vectors ok");
  return 0;
}
