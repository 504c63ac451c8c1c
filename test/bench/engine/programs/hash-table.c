// Look-ups: an open-addressing table of strings that grows, is searched, and loses half of its
// keys.
#include <stdlib.h>

#include "bench.h"

enum { KEYS = 200000, LOOKUPS = 2500000 };
typedef struct {
  char* key;
  uint32_t hash, value;
} Slot;
static Slot* slots;
static uint32_t capacity, used;
static char gone[1];  // marks a deleted slot

static uint32_t hash_of(const char* key) {
  uint32_t hash = 2166136261u;
  for (; *key; ++key) hash = (hash ^ (uint8_t)*key) * 16777619u;
  return hash;
}

static Slot* find(const char* key, uint32_t hash) {
  for (uint32_t i = hash;; ++i) {
    Slot* slot = &slots[i & (capacity - 1)];
    if (!slot->key || (slot->hash == hash && slot->key != gone && strcmp(slot->key, key) == 0))
      return slot;
  }
}

static void grow(void) {
  Slot* old = slots;
  const uint32_t count = capacity;
  capacity = capacity ? capacity * 2 : 16;
  slots = calloc(capacity, sizeof *slots);
  for (uint32_t i = 0; i < count; ++i)
    if (old[i].key && old[i].key != gone) *find(old[i].key, old[i].hash) = old[i];
  free(old);
}

static char* name(uint32_t n, char* out) {
  char* p = out;
  memcpy(p, "key-", 4);
  for (p += 4; n; n /= 26) *p++ = (char)('a' + n % 26);
  *p = 0;
  return out;
}

int main(void) {
  uint64_t seed = new_seed(), sum = 0;
  char buffer[32];
  for (uint32_t i = 1; i <= KEYS; ++i) {
    if (2 * ++used > capacity) grow();
    char* key = malloc(16);
    const uint32_t hash = hash_of(name(i * 7919, key));
    *find(key, hash) = (Slot){key, hash, i};
  }
  for (int i = 0; i < LOOKUPS; ++i) {
    name((next_random(&seed) % (2 * KEYS) + 1) * 7919, buffer);
    const Slot* slot = find(buffer, hash_of(buffer));
    sum += slot->key ? slot->value : 1;
    if (i == LOOKUPS / 2)
      for (uint32_t k = 0; k < capacity; ++k)
        if (slots[k].key && (slots[k].value & 1)) {
          free(slots[k].key);
          slots[k].key = gone;
        }
  }
  return report(mix(sum, capacity));
}
