#include <fmt/format.h>
#include <unistd.h>

#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/cache/key.h"
#include "shim/init/init.h"

namespace {

int tell_version() {
  const std::string text = fmt::format("wasmedge-init {} (build {})\n", PROJECT_VERSION,
                                       wasmedge::cache::compiler_build());
  return wasmedge::write_all(STDOUT_FILENO, text, "stdout") ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2 && std::string_view(arguments[1]) == "--version") return tell_version();
  // Nothing is buffered, and the kernel takes the memory back faster than destructors.
  ::_exit(wasmedge::init::main());
}
