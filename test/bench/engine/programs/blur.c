// Pictures: a 5x5 Gaussian blur of bytes, rows and then columns, with clamped edges.
#include "bench.h"

enum { W = 1600, H = 1200, ROUNDS = 200 };
static uint8_t picture[H][W], rows[H][W];

static int clamp(int x, int most) {
  return x < 0 ? 0 : x > most ? most : x;
}

static void blur(void) {
  for (int y = 0; y < H; ++y) {
    const uint8_t* in = picture[y];
    for (int x = 0; x < W; ++x) {
      const int sum = in[clamp(x - 2, W - 1)] + 4 * in[clamp(x - 1, W - 1)] + 6 * in[x] +
                      4 * in[clamp(x + 1, W - 1)] + in[clamp(x + 2, W - 1)];
      rows[y][x] = (uint8_t)((sum + 8) >> 4);
    }
  }
  for (int y = 0; y < H; ++y) {
    const uint8_t *a = rows[clamp(y - 2, H - 1)], *b = rows[clamp(y - 1, H - 1)], *c = rows[y],
                  *d = rows[clamp(y + 1, H - 1)], *e = rows[clamp(y + 2, H - 1)];
    for (int x = 0; x < W; ++x)
      picture[y][x] = (uint8_t)((a[x] + 4 * b[x] + 6 * c[x] + 4 * d[x] + e[x] + 8) >> 4);
  }
}

int main(void) {
  uint64_t seed = new_seed();
  for (int y = 0; y < H; ++y)
    for (int x = 0; x < W; ++x) picture[y][x] = (uint8_t)next_random(&seed);
  uint64_t sum = 0;
  for (int round = 0; round < ROUNDS; ++round) {
    blur();
    picture[round][round] = 255;
  }
  for (int y = 0; y < H; ++y)
    for (int x = 0; x < W; ++x) sum = sum * 31 + picture[y][x];
  return report(sum);
}
