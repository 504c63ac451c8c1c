// Start and exit: what every other figure contains.
#include "bench.h"

int main(void) {
  return report(new_seed());
}
