// The mix of an embedded controller: a linked list, a small integer matrix, a state machine, all
// summed by a CRC.
#include "bench.h"

enum { ITEMS = 300, SIZE = 12, TEXT = 512, ROUNDS = 11000 };

typedef struct Item {
  struct Item* next;
  int16_t key, value;
} Item;

static Item items[ITEMS];
static int16_t left[SIZE][SIZE], right[SIZE][SIZE];
static char text[TEXT];

static uint16_t crc(uint16_t sum, uint16_t value) {
  for (int i = 0; i < 16; ++i) {
    const int carry = (sum ^ value) & 1;
    value >>= 1;
    sum >>= 1;
    if (carry) sum ^= 0xa001;
  }
  return sum;
}

static int by_key(const Item* a, const Item* b) {
  return a->key - b->key;
}
static int by_value(const Item* a, const Item* b) {
  return a->value - b->value;
}

static Item* merge_sort(Item* list, int (*compare)(const Item*, const Item*)) {
  for (int width = 1;; width *= 2) {
    Item *rest = list, *head = 0, **tail = &head;
    int merges = 0;
    while (rest) {
      ++merges;
      Item* other = rest;
      int n = 0;
      while (n < width && other) ++n, other = other->next;
      int m = width;
      while (n > 0 || (m > 0 && other)) {
        Item* chosen;
        if (n > 0 && (m == 0 || !other || compare(rest, other) <= 0))
          chosen = rest, rest = rest->next, --n;
        else
          chosen = other, other = other->next, --m;
        *tail = chosen;
        tail = &chosen->next;
      }
      rest = other;
    }
    *tail = 0;
    list = head;
    if (merges <= 1) return list;
  }
}

static Item* reverse(Item* list) {
  Item* done = 0;
  while (list) {
    Item* next = list->next;
    list->next = done;
    done = list;
    list = next;
  }
  return done;
}

static uint16_t do_list(uint16_t sum, int round) {
  for (int i = 0; i < ITEMS; ++i) items[i].next = i + 1 < ITEMS ? &items[i + 1] : 0;
  Item* list = reverse(&items[0]);
  int found = 0;
  for (int wanted = 0; wanted < 40; ++wanted)
    for (Item* item = list; item; item = item->next)
      if (item->key == wanted + round % 7) {
        found += item->value;
        break;
      }
  list = merge_sort(list, by_value);
  sum = crc(sum, (uint16_t)list->key);
  list = merge_sort(list, by_key);
  for (Item* item = list; item; item = item->next) sum = crc(sum, (uint16_t)item->value);
  return crc(sum, (uint16_t)found);
}

static uint16_t do_matrix(uint16_t sum, int16_t scale) {
  int32_t product[SIZE][SIZE];
  for (int i = 0; i < SIZE; ++i)
    for (int j = 0; j < SIZE; ++j) left[i][j] = (int16_t)(left[i][j] + scale);
  for (int i = 0; i < SIZE; ++i)
    for (int j = 0; j < SIZE; ++j) {
      int32_t dot = 0;
      for (int k = 0; k < SIZE; ++k) {
        const int32_t term = left[i][k] * right[k][j];
        dot += (term >> 2 & 15) * (term >> 5 & 127);
      }
      product[i][j] = dot;
    }
  for (int i = 0; i < SIZE; ++i)
    for (int j = 0; j < SIZE; ++j) left[i][j] = (int16_t)(left[i][j] - scale);
  int32_t trace = 0;
  for (int i = 0; i < SIZE; ++i)
    for (int j = 0; j < SIZE; ++j)
      trace = product[i][j] > trace ? trace + 10 : trace + product[i][j] % 7;
  return crc(sum, (uint16_t)trace);
}

enum State {
  kStart,
  kSign,
  kInteger,
  kPoint,
  kFraction,
  kExponent,
  kExponentSign,
  kScientific,
  kInvalid,
  kStates
};

static enum State step(enum State state, char c) {
  const int digit = c >= '0' && c <= '9';
  // clang-format off
  switch (state) {
    case kStart: return digit ? kInteger : c == '+' || c == '-' ? kSign : c == '.' ? kPoint : kInvalid;
    case kSign: return digit ? kInteger : c == '.' ? kPoint : kInvalid;
    case kInteger: return digit ? kInteger : c == '.' ? kFraction : c == 'e' ? kExponent : kInvalid;
    case kPoint: return digit ? kFraction : kInvalid;
    case kFraction: return digit ? kFraction : c == 'e' ? kExponent : kInvalid;
    case kExponent: return digit ? kScientific : c == '+' || c == '-' ? kExponentSign : kInvalid;
    case kExponentSign: return digit ? kScientific : kInvalid;
    case kScientific: return digit ? kScientific : kInvalid;
    default: return kInvalid;
  }
  // clang-format on
}

static uint16_t do_states(uint16_t sum, int stride) {
  uint16_t finals[kStates] = {0}, steps[kStates] = {0};
  for (int i = stride; i < TEXT; i += 31) text[i] ^= 1;
  enum State state = kStart;
  for (int i = 0; i < TEXT; ++i) {
    if (text[i] == ',') {
      ++finals[state];
      state = kStart;
      continue;
    }
    state = step(state, text[i]);
    ++steps[state];
  }
  for (int i = stride; i < TEXT; i += 31) text[i] ^= 1;
  for (int i = 0; i < kStates; ++i) sum = crc(crc(sum, finals[i]), steps[i]);
  return sum;
}

int main(void) {
  uint64_t seed = new_seed();
  for (int i = 0; i < ITEMS; ++i) {
    items[i].key = (int16_t)(next_random(&seed) % 1000);
    items[i].value = (int16_t)next_random(&seed);
  }
  for (int i = 0; i < SIZE; ++i)
    for (int j = 0; j < SIZE; ++j) {
      left[i][j] = (int16_t)(next_random(&seed) % 200);
      right[i][j] = (int16_t)(next_random(&seed) % 200);
    }
  for (int i = 0; i < TEXT; ++i) text[i] = "0123456789,,,.+-e012,4.5"[next_random(&seed) % 24];
  uint16_t sum = 0;
  for (int round = 0; round < ROUNDS; ++round) {
    sum = do_list(sum, round);
    for (int i = 0; i < 8; ++i) sum = do_matrix(sum, (int16_t)(round + i));
    for (int i = 0; i < 8; ++i) sum = do_states(sum, (round + i) % 31);
  }
  return report(mix(sum, items[0].next != 0));
}
