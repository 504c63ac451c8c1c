// What every program of the bench shares: input that no compiler can know, and one checksum at the
// end.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// One, which no compiler knows: without it, a compiler could compute a program's result.
static volatile const int one = 1;

static inline uint64_t new_seed(void) {
  return 0x9e3779b97f4a7c15u * (uint64_t)one;
}

#ifdef __wasm__
// What an engine calls that compiles and runs in one command, to tell the one from the other.
__attribute__((export_name("nothing"))) void nothing(void) {}
#endif

// Pseudo-random numbers (a 64-bit LCG with its high bits folded down).
static inline uint32_t next_random(uint64_t* state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((*state >> 33) ^ (*state >> 15));
}

// A number in [0, 1) with 24 bits, so that it is exact as a float too.
static inline double next_unit(uint64_t* state) {
  return (next_random(state) & 0xffffff) / 16777216.0;
}

static inline uint64_t mix(uint64_t sum, uint64_t value) {
  sum = (sum ^ value) * 0xff51afd7ed558ccdu;
  return sum ^ (sum >> 32);
}

// Floating point goes into the sum bit by bit: IEEE arithmetic has one right answer.
static inline uint64_t mix_double(uint64_t sum, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return mix(sum, bits);
}

static inline uint64_t mix_doubles(uint64_t sum, const double* values, size_t count) {
  for (size_t i = 0; i < count; ++i) sum = mix_double(sum, values[i]);
  return sum;
}

static inline int report(uint64_t sum) {
  printf("%016llx\n", (unsigned long long)sum);
  return 0;
}
