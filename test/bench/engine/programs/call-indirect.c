// Calls through pointers: small functions out of a table, chosen by data, as interpreters and
// virtual methods call.
#include "bench.h"

enum { CALLS = 120000000, OBJECTS = 256 };

typedef struct Object Object;
typedef uint32_t Method(Object*, uint32_t);
struct Object {
  Method* method;
  uint32_t state;
};

static uint32_t add(Object* o, uint32_t x) {
  return o->state += x;
}
static uint32_t toggle(Object* o, uint32_t x) {
  return o->state ^= x;
}
static uint32_t rotate(Object* o, uint32_t x) {
  return o->state = (o->state << 5 | o->state >> 27) + x;
}
static uint32_t multiply(Object* o, uint32_t x) {
  return o->state = o->state * 0x01000193 + x;
}
static uint32_t peek(Object* o, uint32_t x) {
  return o->state >> (x & 7);
}

static Method* const kMethods[] = {add, toggle, rotate, multiply, peek};
static Object objects[OBJECTS];

int main(void) {
  uint64_t seed = new_seed();
  for (int i = 0; i < OBJECTS; ++i)
    objects[i] = (Object){kMethods[next_random(&seed) % 5], next_random(&seed)};
  uint32_t x = 1;
  for (int i = 0; i < CALLS; ++i) {
    Object* object = &objects[i % 8 + (i >> 14) % (OBJECTS / 8) * 8];
    x = object->method(object, x);
  }
  uint64_t sum = x;
  for (int i = 0; i < OBJECTS; ++i) sum = mix(sum, objects[i].state);
  return report(sum);
}
