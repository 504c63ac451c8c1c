// Graph: all shortest paths of a dense graph, int.
#include "bench.h"

enum { N = 1000 };
static int path[N][N];

int main(void) {
  uint64_t seed = new_seed();
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) path[i][j] = i == j ? 0 : (int)(next_random(&seed) % 10000) + 1;
  for (int k = 0; k < N; ++k)
    for (int i = 0; i < N; ++i)
      for (int j = 0; j < N; ++j) {
        const int over = path[i][k] + path[k][j];
        path[i][j] = path[i][j] < over ? path[i][j] : over;
      }
  uint64_t sum = 0;
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j) sum = mix(sum, (uint64_t)path[i][j]);
  return report(sum);
}
