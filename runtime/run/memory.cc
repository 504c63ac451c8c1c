#include "runtime/run/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace wasmedge::run {
namespace {

// base + zext(i32) + zext(u32 offset) is below 8 GiB; an access reaches at most 16 bytes further.
constexpr size_t kReservation = (size_t{8} << 30) + Memory::kPage;

bool make_accessible(std::byte* base, uint64_t from, uint64_t to) {
  return from == to || mprotect(base + from, to - from, PROT_READ | PROT_WRITE) == 0;
}

}  // namespace

Result<std::unique_ptr<Memory>> Memory::make(const wasm::MemoryType& type) {
  if (type.limits.min > kMaxPages) {
    return fail(ErrorCode::kResourceExhausted, "a memory of {} pages is over the limit of {}",
                type.limits.min, kMaxPages);
  }
  void* base =
      mmap(nullptr, kReservation, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    return fail_errno("cannot reserve 8 GiB of address space for a memory (see ulimit -v)");
  }
  std::unique_ptr<Memory> memory(new Memory(type, static_cast<std::byte*>(base)));
  const uint64_t bytes = type.limits.min * kPage;
  if (!make_accessible(memory->view_.base, 0, bytes)) {
    return fail_errno("cannot allocate a memory of {} pages", type.limits.min);
  }
  memory->view_.bytes = bytes;
  return memory;
}

Memory::Memory(const wasm::MemoryType& type, std::byte* base)
    : type_(type), view_{base, 0}, region_(base, kReservation, nullptr) {}

Memory::~Memory() {
  munmap(view_.base, kReservation);
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
  const uint64_t old = this->pages();
  const uint64_t most = std::min(type_.limits.max.value_or(kMaxPages), kMaxPages);
  if (pages > most - old) return ~uint64_t{0};
  const uint64_t bytes = (old + pages) * kPage;
  if (!make_accessible(view_.base, view_.bytes, bytes)) return ~uint64_t{0};
  view_.bytes = bytes;
  return old;
}

}  // namespace wasmedge::run
