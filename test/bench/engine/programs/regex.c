// Text: a backtracking matcher of regular expressions (literals, ., classes, * + ?, anchors) over
// generated lines.
#include "bench.h"

enum { LINES = 3000, LENGTH = 120, ROUNDS = 26 };
static char lines[LINES][LENGTH + 1];

static const char* const kPatterns[] = {
    "[a-z]+@[a-z]+.com",
    "^[0-9]+ .*error",
    "a.*b.*c.*d",
    "[0-9][0-9]?:[0-9][0-9]",
    "(x",
    "q[^u ]",
    "colou?r$",
    "[aeiou]+[^aeiou ]+[aeiou]+ing",
};

// The end of the one-character item that starts at p: a class, or a character.
static const char* item_end(const char* p) {
  if (*p != '[') return p + 1;
  for (++p; *p != ']'; ++p) {
  }
  return p + 1;
}

static int matches_one(const char* item, char c) {
  if (c == 0) return 0;
  if (*item == '.') return 1;
  if (*item != '[') return *item == c;
  const int negated = item[1] == '^';
  int found = 0;
  for (const char* p = item + 1 + negated; *p != ']'; ++p) {
    if (p[1] == '-' && p[2] != ']') {
      found |= *p <= c && c <= p[2];
      p += 2;
    } else {
      found |= *p == c;
    }
  }
  return found != negated;
}

static const char* match_here(const char* pattern, const char* text) {
  for (;;) {
    if (*pattern == 0) return text;
    if (*pattern == '$' && pattern[1] == 0) return *text ? 0 : text;
    const char* next = item_end(pattern);
    if (*next == '*' || *next == '+') {
      const char* start = text;
      while (matches_one(pattern, *text)) ++text;
      for (; text >= start + (*next == '+'); --text) {
        const char* end = match_here(next + 1, text);
        if (end) return end;
      }
      return 0;
    }
    if (*next == '?') {
      if (matches_one(pattern, *text)) {
        const char* end = match_here(next + 1, text + 1);
        if (end) return end;
      }
      pattern = next + 1;
      continue;
    }
    if (!matches_one(pattern, *text++)) return 0;
    pattern = next;
  }
}

static uint32_t find(const char* pattern, const char* text) {
  if (*pattern == '^') return match_here(pattern + 1, text) ? 1 : 0;
  for (const char* start = text;; ++start) {
    const char* end = match_here(pattern, start);
    if (end) return (uint32_t)((start - text) << 8 | (end - start));
    if (*start == 0) return 0;
  }
}

int main(void) {
  static const char* const kWords[] = {"error ", "12:30 ", "jane@example.com ", "4711 ", "colour",
                                       "quick ", "abc d ", "seeing ",           "qat ",  "zz",
                                       "9",      " "};
  uint64_t seed = new_seed();
  for (int i = 0; i < LINES; ++i) {
    int used = 0;
    for (;;) {
      const char* word = kWords[next_random(&seed) % 12];
      const int size = (int)strlen(word);
      if (used + size > LENGTH) break;
      memcpy(lines[i] + used, word, (size_t)size);
      used += size;
    }
  }
  uint64_t sum = 0;
  for (int round = 0; round < ROUNDS; ++round)
    for (int i = 0; i < LINES; ++i)
      for (unsigned p = 0; p < sizeof kPatterns / sizeof *kPatterns; ++p)
        sum = mix(sum, find(kPatterns[p], lines[i]));
  return report(sum);
}
