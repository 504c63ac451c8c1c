// Any order of calls on the Task service, and of ends of processes on a fake machine: events keep
// their order, every call is answered, and in the end nothing is left.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/base/log.h"
#include "test/unit/task/random_calls.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  wasmedge::log::configure(-1, wasmedge::log::Level::kError);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMost = 4096;
  const std::string wrong = wasmedge::task::random_calls(std::span(data, std::min(size, kMost)));
  if (wrong.empty()) return 0;
  static_cast<void>(!::write(STDERR_FILENO, (wrong + "\n").data(), wrong.size() + 1));
  __builtin_trap();
}
