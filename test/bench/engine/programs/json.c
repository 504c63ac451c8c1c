// Text: a JSON document is written, parsed into a tree by recursive descent, and summed.
#include <stdlib.h>

#include "bench.h"

enum { ROUNDS = 80, RECORDS = 6000, NODES = 300000, CAPACITY = 2 << 20 };

typedef enum { kNull, kTrue, kFalse, kNumber, kString, kArray, kObject } Kind;
typedef struct Node {
  Kind kind;
  struct Node *first, *next;
  const char *name, *string;
  uint32_t name_size, size;
  double number;
} Node;

static char document[CAPACITY], strings[CAPACITY];
static Node nodes[NODES];
static uint32_t used_nodes, used_strings, size;

static void put(const char* s) {
  while (*s) document[size++] = *s++;
}

static void put_number(uint32_t n) {
  char digits[12];
  int i = 11;
  digits[i] = 0;
  do digits[--i] = (char)('0' + n % 10);
  while (n /= 10);
  put(digits + i);
}

static void write_document(uint64_t* seed) {
  static const char* const kWords[] = {"alpha",    "beta \\\"two\\\"",
                                       "gamma\\n", "delta \\u00e9t\\u00e9",
                                       "epsilon",  "a rather longer piece of text"};
  size = 0;
  put("{\"records\": [");
  for (int i = 0; i < RECORDS; ++i) {
    put(i ? ",\n  {\"id\": " : "\n  {\"id\": ");
    put_number((uint32_t)i);
    put(", \"name\": \"");
    put(kWords[next_random(seed) % 6]);
    put("\", \"value\": ");
    if (next_random(seed) & 1) put("-");
    put_number(next_random(seed) % 100000);
    put(".");
    put_number(next_random(seed) % 1000);
    if (next_random(seed) & 1) put("e-2");
    put(next_random(seed) & 1 ? ", \"good\": true, \"tags\": ["
                              : ", \"good\": false, \"tags\": [null");
    const char* comma = document[size - 1] == '[' ? "" : ", ";
    for (uint32_t n = next_random(seed) % 5; n > 0; --n, comma = ", ") {
      put(comma);
      put("\"");
      put(kWords[next_random(seed) % 6]);
      put("\"");
    }
    put("], \"where\": {\"x\": ");
    put_number(next_random(seed) % 1000);
    put(", \"y\": ");
    put_number(next_random(seed) % 1000);
    put("}}");
  }
  put("\n]}");
  document[size] = 0;
}

static _Noreturn void fail(const char* at) {
  printf("bad JSON at %d\n", (int)(at - document));
  exit(1);
}

static const char* space(const char* p) {
  while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r') ++p;
  return p;
}

static int hex(char c) {
  return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

static const char* parse_string(const char* p, const char** out, uint32_t* out_size) {
  if (*p++ != '"') fail(p);
  char* to = strings + used_strings;
  *out = to;
  while (*p != '"') {
    if (*p == 0) fail(p);
    if (*p != '\\') {
      *to++ = *p++;
      continue;
    }
    switch (p[1]) {
      case 'n':
        *to++ = '\n';
        break;
      case 't':
        *to++ = '\t';
        break;
      case 'u': {
        const int code = hex(p[2]) << 12 | hex(p[3]) << 8 | hex(p[4]) << 4 | hex(p[5]);
        if (code < 0x80) {
          *to++ = (char)code;
        } else {
          *to++ = (char)(0xc0 | code >> 6);
          *to++ = (char)(0x80 | (code & 63));
        }
        p += 4;
        break;
      }
      default:
        *to++ = p[1];
    }
    p += 2;
  }
  *out_size = (uint32_t)(to - *out);
  used_strings = (uint32_t)(to - strings);
  return p + 1;
}

static const char* parse_number(const char* p, double* out) {
  const int negative = *p == '-';
  p += negative;
  double value = 0, scale = 1;
  if (*p < '0' || *p > '9') fail(p);
  for (; *p >= '0' && *p <= '9'; ++p) value = value * 10 + (*p - '0');
  if (*p == '.')
    for (++p; *p >= '0' && *p <= '9'; ++p) value += (*p - '0') * (scale /= 10);
  if (*p == 'e') {
    const int down = p[1] == '-';
    p += 1 + down;
    int exponent = 0;
    for (; *p >= '0' && *p <= '9'; ++p) exponent = exponent * 10 + (*p - '0');
    for (; exponent > 0; --exponent) value = down ? value / 10 : value * 10;
  }
  *out = negative ? -value : value;
  return p;
}

static const char* parse(const char* p, Node* node);

static const char* parse_members(const char* p, Node* node, char close) {
  Node** tail = &node->first;
  for (p = space(p); *p != close; p = space(p)) {
    if (node->first) {
      if (*p++ != ',') fail(p);
      p = space(p);
    }
    Node* child = *tail = &nodes[used_nodes++];
    *child = (Node){0};
    tail = &child->next;
    if (close == '}') {
      p = space(parse_string(p, &child->name, &child->name_size));
      if (*p++ != ':') fail(p);
    }
    p = parse(space(p), child);
  }
  return p + 1;
}

static const char* word(const char* p, const char* expected) {
  const size_t n = strlen(expected);
  if (strncmp(p, expected, n) != 0) fail(p);
  return p + n;
}

static const char* parse(const char* p, Node* node) {
  switch (*p) {
    case '{':
      node->kind = kObject;
      return parse_members(p + 1, node, '}');
    case '[':
      node->kind = kArray;
      return parse_members(p + 1, node, ']');
    case '"':
      node->kind = kString;
      return parse_string(p, &node->string, &node->size);
    case 't':
      node->kind = kTrue;
      return word(p, "true");
    case 'f':
      node->kind = kFalse;
      return word(p, "false");
    case 'n':
      node->kind = kNull;
      return word(p, "null");
    default:
      node->kind = kNumber;
      return parse_number(p, &node->number);
  }
}

static uint64_t sum_of(const Node* node, uint64_t sum) {
  sum = mix(sum, node->kind);
  for (uint32_t i = 0; i < node->name_size; ++i) sum = sum * 31 + (uint8_t)node->name[i];
  for (uint32_t i = 0; i < node->size; ++i) sum = sum * 31 + (uint8_t)node->string[i];
  sum = mix_double(sum, node->number);
  for (const Node* child = node->first; child; child = child->next) sum = sum_of(child, sum);
  return sum;
}

int main(void) {
  uint64_t seed = new_seed(), sum = 0;
  for (int round = 0; round < ROUNDS; ++round) {
    write_document(&seed);
    for (int again = 0; again < 3; ++again) {
      used_nodes = used_strings = 0;
      Node root = {0};
      if (*space(parse(space(document), &root))) fail(document);
      sum = sum_of(&root, sum);
    }
  }
  return report(mix(sum, used_nodes));
}
