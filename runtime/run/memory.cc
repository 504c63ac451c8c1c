#include "runtime/run/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "runtime/base/sanitizers.h"

#if WASMEDGE_TSAN
extern "C" void AnnotateBenignRaceSized(const char* file, int line, const volatile void* memory,
                                        size_t bytes, const char* what);
#endif

namespace wasmedge::run {
namespace {

// What can be made accessible: a multiple of the page of any OS.
constexpr uint64_t kGrain = 65536;

constexpr uint64_t up_to_grain(uint64_t bytes) {
  return (bytes + kGrain - 1) & ~(kGrain - 1);
}

uint64_t most_bytes(const wasm::MemoryType& type) {
  return type.limits.is64 ? kMemory64Bytes : kMemory32Bytes;
}

uint64_t growth_limit(const wasm::MemoryType& type) {
  const uint64_t most = std::min(most_bytes(type) >> type.page_log2, wasm::most_pages(type));
  return std::min(type.limits.max.value_or(most), most);
}

bool make_accessible(std::byte* base, uint64_t from, uint64_t to) {
  from = up_to_grain(from);
  to = up_to_grain(to);
  return from == to || mprotect(base + from, to - from, PROT_READ | PROT_WRITE) == 0;
}

}  // namespace

Result<std::unique_ptr<Memory>> Memory::make(const wasm::MemoryType& type, MemoryBudget* budget) {
  if (type.limits.min > most_bytes(type) >> type.page_log2) {
    return fail(ErrorCode::kResourceExhausted,
                "a memory of {} pages of {} is over the limit of {} GiB", type.limits.min,
                type.page_log2 == 0 ? "one byte" : "64 KiB", most_bytes(type) >> 30);
  }
  const uint64_t bytes = type.limits.min << type.page_log2;
  if (budget != nullptr && !budget->take(bytes)) {
    return fail(ErrorCode::kResourceExhausted,
                "the module has a memory of {} bytes from the start, and may have {}", bytes,
                budget->left());
  }
  const size_t reserved = most_bytes(type) + kMemoryGuard;
  void* base =
      mmap(nullptr, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    return fail_errno("cannot reserve {} GiB of address space for a memory (see ulimit -v)",
                      reserved >> 30);
  }
#if WASMEDGE_TSAN
  // It sees what host functions do there, and not how guests keep that apart.
  AnnotateBenignRaceSized(__FILE__, __LINE__, base, reserved, "a guest's memory");
#endif
  std::unique_ptr<Memory> memory(new Memory(type, static_cast<std::byte*>(base), reserved, budget));
  if (!make_accessible(memory->view_.base, 0, bytes)) {
    return fail_errno("cannot allocate a memory of {} pages", type.limits.min);
  }
  memory->view_.bytes = bytes;
  return memory;
}

Memory::Memory(const wasm::MemoryType& type, std::byte* base, size_t reserved, MemoryBudget* budget)
    : type_(type),
      view_{base, 0},
      reserved_(reserved),
      budget_(budget),
      region_(base, reserved, nullptr) {}

Memory::~Memory() {
  munmap(view_.base, reserved_);
}

Result<> Memory::map_image(int file, uint64_t offset, uint64_t address,
                           std::span<const std::byte> bytes) {
  std::byte* to = view_.base + address;
  if (file < 0) {
    std::memcpy(to, bytes.data(), bytes.size());
    return {};
  }
  // The end of the last page holds whatever follows in the file: that page is copied.
  constexpr uint64_t kPageMask = 4096 - 1;
  const uint64_t whole = bytes.size() & ~kPageMask;
  if (whole != 0 && mmap(to, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file,
                         static_cast<off_t>(offset)) == MAP_FAILED) {
    return fail_errno("cannot map the initial contents of memory 0");
  }
  std::memcpy(to + whole, bytes.data() + whole, bytes.size() - whole);
  return {};
}

uint64_t Memory::grow(uint64_t pages) {
  const std::lock_guard lock(growth_);
  const uint64_t old = this->pages();
  if (pages > growth_limit(type_) - old) return ~uint64_t{0};
  const uint64_t bytes = (old + pages) << type_.page_log2;
  if (budget_ != nullptr && !budget_->take(bytes - view_.bytes)) return ~uint64_t{0};
  if (!make_accessible(view_.base, view_.bytes, bytes)) {
    if (budget_ != nullptr) budget_->give_back(bytes - view_.bytes);
    return ~uint64_t{0};
  }
  view_.bytes = bytes;
  return old;
}

}  // namespace wasmedge::run
