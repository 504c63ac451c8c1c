// Allocation: binary trees are built, walked and freed (the C library's malloc, compiled with the
// program).
#include <stdlib.h>

#include "bench.h"

typedef struct Tree {
  struct Tree *left, *right;
} Tree;

static Tree* build(int depth) {
  Tree* tree = malloc(sizeof *tree);
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
  free(tree);
}

int main(void) {
  const int most = 17 + (int)(new_seed() & 1);
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
