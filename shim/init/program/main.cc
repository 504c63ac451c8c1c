#include "shim/init/init.h"

#include <unistd.h>

int main() {
  // Nothing is buffered, and the kernel takes the memory back faster than destructors.
  ::_exit(wasmedge::init::main());
}
