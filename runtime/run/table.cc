#include "runtime/run/table.h"

#include <sys/mman.h>

#include <algorithm>

#include "runtime/base/limits.h"

namespace wasmedge::run {
namespace {

// Fresh pages are zero, which is null: nothing is touched for it.
void fill(void** elements, uint64_t from, uint64_t to, void* value) {
  if (value != nullptr) std::fill(elements + from, elements + to, value);
}

}  // namespace

Result<std::unique_ptr<Table>> Table::make(const wasm::TableType& type, void* init) {
  const uint64_t capacity =
      std::min(type.limits.max.value_or(kLimits.table_elements), kLimits.table_elements);
  if (type.limits.min > capacity) {
    return fail(ErrorCode::kResourceExhausted, "a table of {} elements is over the limit of {}",
                type.limits.min, capacity);
  }
  void** elements = nullptr;
  if (capacity != 0) {
    void* mapped = mmap(nullptr, capacity * sizeof(void*), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) {
      return fail_errno("cannot reserve address space for a table of {} elements", capacity);
    }
    elements = static_cast<void**>(mapped);
  }
  fill(elements, 0, type.limits.min, init);
  return std::unique_ptr<Table>(new Table(type, elements, capacity));
}

Table::Table(const wasm::TableType& type, void** elements, uint64_t capacity)
    : type_(type), view_{elements, type.limits.min}, capacity_(capacity) {}

Table::~Table() {
  if (capacity_ != 0) munmap(static_cast<void*>(view_.elements), capacity_ * sizeof(void*));
}

uint64_t Table::grow(uint64_t count, void* value) {
  const uint64_t old = view_.size;
  if (!can_grow(count)) return ~uint64_t{0};
  fill(view_.elements, old, old + count, value);
  view_.size = old + count;
  return old;
}

}  // namespace wasmedge::run
