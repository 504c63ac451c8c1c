#include "runtime/run/exception.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "runtime/base/limits.h"
#include "runtime/run/activation.h"
#include "runtime/run/instance.h"
#include "runtime/run/table.h"

namespace wasmedge::run {
namespace {

bool is_exception(const wasm::ValueType& type) {
  return type.is_ref() && wasm::top_of(type.heap) == wasm::HeapKind::kExn;
}

}  // namespace

Exceptions::~Exceptions() {
  for (Exception* exception : all_) std::free(exception);
}

Exception* Exceptions::make(const Tag& tag, const ExceptionRoots& roots) {
  const uint64_t bytes = sizeof(Exception) + tag.values * sizeof(Value);
  if (bytes_ + bytes > collect_at_) {
    __builtin_unwind_init();  // what callers keep in registers gets onto the stack
    collect(roots);
    if (bytes_ + bytes > kLimits.exception_bytes) return nullptr;
  }
  void* memory = std::aligned_alloc(alignof(Exception), bytes);
  if (memory == nullptr) return nullptr;
  auto* exception = new (memory) Exception{&tag, bytes};
  all_.push_back(exception);
  bytes_ += bytes;
  return exception;
}

// So rarely that each exception made pays for a bounded part of it.
void __attribute__((noinline)) Exceptions::collect(const ExceptionRoots& roots) {
  std::sort(all_.begin(), all_.end());
  marked_.assign(all_.size(), false);
  mark_range(__builtin_frame_address(0), Activation::current->stack->top());
  mark_roots(roots);
  while (!open_.empty()) {
    const Exception* exception = open_.back();
    open_.pop_back();
    mark_range(exception + 1, reinterpret_cast<const std::byte*>(exception) + exception->bytes);
  }
  sweep();
  collect_at_ = std::clamp(2 * bytes_, kFirstCollection, kLimits.exception_bytes);
}

void Exceptions::mark_roots(const ExceptionRoots& roots) {
  for (const auto& table : roots.tables) {
    if (!is_exception(table->type().element)) continue;
    for (uint64_t i = 0; i < table->size(); ++i) mark(table->get(i));
  }
  for (const auto& instance : roots.instances) {
    instance->for_each_global([this](const wasm::ValueType& type, const Value& value) {
      if (is_exception(type)) mark(value.ref);
    });
  }
  for (const Value& value : *roots.cells) mark(value.ref);
}

// Reads whatever is there, as AddressSanitizer would not like.
void __attribute__((no_sanitize("address"))) Exceptions::mark_range(const void* begin,
                                                                    const void* end) {
  const auto* word = static_cast<void* const*>(begin);
  for (; word < static_cast<void* const*>(end); ++word) mark(*word);
}

// A pointer into an exception counts: code may have kept just that.
void Exceptions::mark(const void* pointer) {
  const auto* at = static_cast<const std::byte*>(pointer);
  const auto after = std::upper_bound(
      all_.begin(), all_.end(), at, [](const std::byte* address, const Exception* exception) {
        return std::less<>()(address, reinterpret_cast<const std::byte*>(exception));
      });
  if (after == all_.begin()) return;
  Exception* exception = *std::prev(after);
  if (at >= reinterpret_cast<const std::byte*>(exception) + exception->bytes) return;
  const auto index = static_cast<size_t>(std::prev(after) - all_.begin());
  if (marked_[index]) return;
  marked_[index] = true;
  open_.push_back(exception);
}

void Exceptions::sweep() {
  size_t kept = 0;
  bytes_ = 0;
  for (size_t i = 0; i < all_.size(); ++i) {
    if (marked_[i]) {
      bytes_ += all_[i]->bytes;
      all_[kept++] = all_[i];
    } else {
      std::free(all_[i]);
    }
  }
  all_.resize(kept);
}

}  // namespace wasmedge::run
