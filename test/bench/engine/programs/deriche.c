// Recursive filter: edges of a picture, floats; rows and then columns, each forwards and backwards.
#include "bench.h"

enum { W = 1024, H = 768, ROUNDS = 40 };
static float picture[W][H], out[W][H], forward[W][H], backward[W][H];

// The filter's coefficients for alpha = 0.25 (exp(-0.25) and exp(-0.5), written out: libraries
// differ in the last bit).
static const float kE1 = 0.7788007831f, kE2 = 0.6065306597f, kAlpha = 0.25f;

static void filter(void) {
  const float k = (1 - kE1) * (1 - kE1) / (1 + 2 * kAlpha * kE1 - kE2);
  const float a1 = k, a2 = k * kE1 * (kAlpha - 1), a3 = k * kE1 * (kAlpha + 1), a4 = -k * kE2;
  const float b1 = 2 * kE1, b2 = -kE2;
  for (int i = 0; i < W; ++i) {
    float y1 = 0, y2 = 0, x1 = 0;
    for (int j = 0; j < H; ++j) {
      forward[i][j] = a1 * picture[i][j] + a2 * x1 + b1 * y1 + b2 * y2;
      x1 = picture[i][j];
      y2 = y1;
      y1 = forward[i][j];
    }
    float x2 = 0;
    y1 = y2 = x1 = 0;
    for (int j = H - 1; j >= 0; --j) {
      backward[i][j] = a3 * x1 + a4 * x2 + b1 * y1 + b2 * y2;
      x2 = x1;
      x1 = picture[i][j];
      y2 = y1;
      y1 = backward[i][j];
    }
  }
  for (int i = 0; i < W; ++i)
    for (int j = 0; j < H; ++j) out[i][j] = forward[i][j] + backward[i][j];
  for (int j = 0; j < H; ++j) {
    float y1 = 0, y2 = 0, x1 = 0;
    for (int i = 0; i < W; ++i) {
      forward[i][j] = a1 * out[i][j] + a2 * x1 + b1 * y1 + b2 * y2;
      x1 = out[i][j];
      y2 = y1;
      y1 = forward[i][j];
    }
    float x2 = 0;
    y1 = y2 = x1 = 0;
    for (int i = W - 1; i >= 0; --i) {
      backward[i][j] = a3 * x1 + a4 * x2 + b1 * y1 + b2 * y2;
      x2 = x1;
      x1 = out[i][j];
      y2 = y1;
      y1 = backward[i][j];
    }
  }
  for (int i = 0; i < W; ++i)
    for (int j = 0; j < H; ++j) out[i][j] = forward[i][j] + backward[i][j];
}

int main(void) {
  uint64_t seed = new_seed();
  for (int i = 0; i < W; ++i)
    for (int j = 0; j < H; ++j) picture[i][j] = (float)next_unit(&seed);
  for (int round = 0; round < ROUNDS; ++round) {
    filter();
    memcpy(picture, out, sizeof picture);
  }
  uint64_t sum = 0;
  for (int i = 0; i < W; ++i)
    for (int j = 0; j < H; ++j) sum = mix_double(sum, out[i][j]);
  return report(sum);
}
