// Hash: SHA-256 of a buffer, over and over (32-bit rotations and additions).
#include "bench.h"

enum { SIZE = 1 << 20, ROUNDS = 100 };
static uint8_t data[SIZE];
static uint32_t constants[64];

// The round constants are the fractions of the cube roots of the first 64 primes: computed rather
// than listed.
static void make_constants(void) {
  int found = 0;
  for (uint64_t n = 2; found < 64; ++n) {
    int prime = 1;
    for (uint64_t d = 2; d * d <= n; ++d) prime &= n % d != 0;
    if (!prime) continue;
    // The largest x with x^3 <= n * 2^96, by bits; x < 2^35, so that x^3 needs 128 bits.
    uint64_t x = 0;
    for (int bit = 35; bit >= 0; --bit) {
      const uint64_t y = x | 1ull << bit;
      if ((unsigned __int128)y * y * y <= (unsigned __int128)n << 96) x = y;
    }
    constants[found++] = (uint32_t)x;
  }
}

static uint32_t rotate(uint32_t x, int n) {
  return x >> n | x << (32 - n);
}

static uint32_t big_endian(const uint8_t* p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void compress(uint32_t state[8], const uint8_t* block) {
  uint32_t w[64];
  for (int i = 0; i < 16; ++i) w[i] = big_endian(block + 4 * i);
  for (int i = 16; i < 64; ++i) {
    const uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    const uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5],
           g = state[6], h = state[7];
  for (int i = 0; i < 64; ++i) {
    const uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) +
                        constants[i] + w[i];
    const uint32_t t2 =
        (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e, state[5] += f,
      state[6] += g, state[7] += h;
}

int main(void) {
  uint64_t seed = new_seed();
  make_constants();
  for (int i = 0; i < SIZE; ++i) data[i] = (uint8_t)next_random(&seed);
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (int round = 0; round < ROUNDS; ++round)
    for (int i = 0; i < SIZE; i += 64) compress(state, data + i);
  uint64_t sum = constants[63];
  for (int i = 0; i < 8; ++i) sum = mix(sum, state[i]);
  return report(sum);
}
