// Sorting: quicksort, heapsort and a merge sort of the same numbers (unpredictable branches).
#include "bench.h"

enum { N = 1500000 };
static uint32_t original[N], numbers[N], scratch[N];

static void swap(uint32_t* x, uint32_t* y) {
  const uint32_t t = *x;
  *x = *y;
  *y = t;
}

static void quick(uint32_t* v, int n) {
  while (n > 16) {
    if (v[n / 2] < v[0]) swap(v + n / 2, v);
    if (v[n - 1] < v[0]) swap(v + n - 1, v);
    if (v[n - 1] < v[n / 2]) swap(v + n - 1, v + n / 2);
    const uint32_t pivot = v[n / 2];
    int i = 0, j = n - 1;
    while (i <= j) {
      while (v[i] < pivot) ++i;
      while (v[j] > pivot) --j;
      if (i <= j) swap(v + i++, v + j--);
    }
    quick(v, j + 1);
    v += i, n -= i;
  }
  for (int i = 1; i < n; ++i) {
    const uint32_t x = v[i];
    int j = i;
    for (; j > 0 && v[j - 1] > x; --j) v[j] = v[j - 1];
    v[j] = x;
  }
}

static void sift(uint32_t* v, int root, int n) {
  for (int child; (child = 2 * root + 1) < n; root = child) {
    if (child + 1 < n && v[child] < v[child + 1]) ++child;
    if (v[root] >= v[child]) return;
    swap(v + root, v + child);
  }
}

static void heap(uint32_t* v, int n) {
  for (int i = n / 2; i-- > 0;) sift(v, i, n);
  for (int i = n; i-- > 1;) {
    swap(v, v + i);
    sift(v, 0, i);
  }
}

static void merge(uint32_t* v, int n) {
  for (int width = 1; width < n; width *= 2) {
    for (int start = 0; start < n; start += 2 * width) {
      const int middle = start + width < n ? start + width : n,
                end = start + 2 * width < n ? start + 2 * width : n;
      int i = start, j = middle;
      for (int k = start; k < end; ++k)
        scratch[k] = i < middle && (j >= end || v[i] <= v[j]) ? v[i++] : v[j++];
    }
    memcpy(v, scratch, (size_t)n * sizeof *v);
  }
}

static uint64_t sorted_by(void (*sort)(uint32_t*, int), uint64_t sum) {
  memcpy(numbers, original, sizeof numbers);
  sort(numbers, N);
  for (int i = 0; i < N; ++i) sum = mix(sum, numbers[i]);
  return sum;
}

int main(void) {
  uint64_t seed = new_seed();
  for (int i = 0; i < N; ++i) original[i] = next_random(&seed);
  return report(sorted_by(merge, sorted_by(heap, sorted_by(quick, 0))));
}
