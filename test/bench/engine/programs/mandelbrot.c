// Fractal: escape times of a grid of points (double arithmetic, one long chain a point).
#include "bench.h"

enum { SIZE = 700, LIMIT = 900 };

int main(void) {
  const double shift = (double)(new_seed() & 1) / SIZE;
  uint64_t sum = 0;
  for (int row = 0; row < SIZE; ++row)
    for (int column = 0; column < SIZE; ++column) {
      const double cr = 2.0 * column / SIZE - 1.5 + shift, ci = 2.0 * row / SIZE - 1.0;
      double zr = 0, zi = 0, rr = 0, ii = 0;
      int n = 0;
      for (; n < LIMIT && rr + ii <= 4.0; ++n) {
        zi = 2 * zr * zi + ci;
        zr = rr - ii + cr;
        rr = zr * zr;
        ii = zi * zi;
      }
      sum = mix(sum, (uint64_t)n);
    }
  return report(sum);
}
