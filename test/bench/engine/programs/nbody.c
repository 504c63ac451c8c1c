// Physics: five bodies that attract each other (chains of double arithmetic with square roots).
#include "bench.h"

enum { BODIES = 5, STEPS = 8000000 };
typedef struct {
  double position[3], velocity[3], mass;
} Body;
static Body bodies[BODIES];

static void advance(double dt) {
  for (int i = 0; i < BODIES; ++i)
    for (int j = i + 1; j < BODIES; ++j) {
      double delta[3], square = 0.01;
      for (int k = 0; k < 3; ++k) {
        delta[k] = bodies[i].position[k] - bodies[j].position[k];
        square += delta[k] * delta[k];
      }
      const double force = dt / (square * __builtin_sqrt(square));
      for (int k = 0; k < 3; ++k) {
        bodies[i].velocity[k] -= delta[k] * bodies[j].mass * force;
        bodies[j].velocity[k] += delta[k] * bodies[i].mass * force;
      }
    }
  for (int i = 0; i < BODIES; ++i)
    for (int k = 0; k < 3; ++k) bodies[i].position[k] += dt * bodies[i].velocity[k];
}

int main(void) {
  uint64_t seed = new_seed();
  for (int i = 0; i < BODIES; ++i) {
    for (int k = 0; k < 3; ++k) {
      bodies[i].position[k] = 10 * i + next_unit(&seed);
      bodies[i].velocity[k] = next_unit(&seed) - 0.5;
    }
    bodies[i].mass = i ? next_unit(&seed) : 40;
  }
  for (int step = 0; step < STEPS; ++step) advance(0.01);
  uint64_t sum = 0;
  for (int i = 0; i < BODIES; ++i)
    sum = mix_doubles(mix_doubles(sum, bodies[i].position, 3), bodies[i].velocity, 3);
  return report(sum);
}
