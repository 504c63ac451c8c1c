#include "runtime/run/debugger.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/run/debug_image.h"
#include "runtime/run/fault_region.h"

// The names and layouts here are gdb's (its manual: JIT Compilation Interface).
extern "C" {
struct jit_code_entry {
  jit_code_entry* next;
  jit_code_entry* previous;
  const char* image;
  uint64_t size;
};

struct jit_descriptor {
  uint32_t version;
  uint32_t action;
  jit_code_entry* relevant;
  jit_code_entry* first;
};

// NOLINTBEGIN(bugprone-reserved-identifier): gdb has chosen the names
extern jit_descriptor __jit_debug_descriptor;
__attribute__((visibility("default"))) jit_descriptor __jit_debug_descriptor = {1, 0, nullptr,
                                                                                nullptr};

// gdb has a breakpoint here.
__attribute__((visibility("default"), noinline, used)) void __jit_debug_register_code() {
  asm volatile("" ::: "memory");
}
// NOLINTEND(bugprone-reserved-identifier)
}

namespace wasmedge::run {

bool is_debugged() {
#if defined(__x86_64__)
  constexpr uint8_t kBreakpoint = 0xcc;
  return *reinterpret_cast<const volatile uint8_t*>(&__jit_debug_register_code) == kBreakpoint;
#else
  return false;
#endif
}

void tell_debugger(const Artifact& artifact) {
  constexpr uint32_t kRegister = 1;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  static std::vector<const Artifact*> told;  // artifacts that are still there
  if (std::ranges::find(told, &artifact) != told.end()) return;
  told.push_back(&artifact);
  const auto* image = new std::string(make_debug_image(artifact));
  auto* entry =
      new jit_code_entry{__jit_debug_descriptor.first, nullptr, image->data(), image->size()};
  if (entry->next != nullptr) entry->next->previous = entry;
  __jit_debug_descriptor.first = entry;
  __jit_debug_descriptor.relevant = entry;
  __jit_debug_descriptor.action = kRegister;
  __jit_debug_register_code();
}

__attribute__((visibility("default"), used)) void wasmedge_debug() {
  for (const Artifact* artifact : FaultRegion::artifacts()) tell_debugger(*artifact);
}

}  // namespace wasmedge::run
