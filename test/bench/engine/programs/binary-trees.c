// Allocation: binary trees are built, walked and freed, with an allocator of free lists in a heap
// that grows. The allocator is the program's own: two C libraries' malloc would be a comparison of
// those.
#include <stdlib.h>

#include "bench.h"

enum { CLASSES = 8, CHUNK = 1 << 16 };

typedef struct Free {
  struct Free* next;
} Free;
static Free* lists[CLASSES];

typedef struct Tree {
  struct Tree *left, *right;
} Tree;

// Blocks of a size class, in units of 16 bytes.
static void* take(size_t size) {
  const size_t class = (size - 1) / 16;
  if (!lists[class]) {
    char* chunk = malloc(CHUNK);
    if (!chunk) exit(1);
    for (size_t at = 0; at + 16 * (class + 1) <= CHUNK; at += 16 * (class + 1)) {
      Free* block = (Free*)(chunk + at);
      block->next = lists[class];
      lists[class] = block;
    }
  }
  Free* block = lists[class];
  lists[class] = block->next;
  return block;
}

static void give(void* memory, size_t size) {
  Free* block = memory;
  block->next = lists[(size - 1) / 16];
  lists[(size - 1) / 16] = block;
}

static Tree* build(int depth) {
  Tree* tree = take(sizeof *tree);
  tree->left = depth > 0 ? build(depth - 1) : 0;
  tree->right = depth > 0 ? build(depth - 1) : 0;
  return tree;
}

static uint32_t count(const Tree* tree) {
  return tree->left ? 1 + count(tree->left) + count(tree->right) : 1;
}

static void destroy(Tree* tree) {
  if (tree->left) {
    destroy(tree->left);
    destroy(tree->right);
  }
  give(tree, sizeof *tree);
}

int main(void) {
  const int most = 19 + one;
  uint64_t sum = 0;
  Tree* kept = build(most);
  for (int depth = 4; depth <= most; depth += 4)
    for (int i = 0; i < 1 << (most - depth + 3); ++i) {
      Tree* tree = build(depth);
      sum = mix(sum, count(tree));
      destroy(tree);
    }
  sum = mix(sum, count(kept));
  destroy(kept);
  return report(sum);
}
