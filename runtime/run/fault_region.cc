#include "runtime/run/fault_region.h"

#include <atomic>
#include <mutex>

namespace wasmedge::run {
namespace {

// A spin lock, because the fault handler takes it: a mutex may not be taken there. The handler
// looks only after faults of guest or host code, never of code that holds the lock. A handler of
// other signals may find its own thread holding it, and must not wait.
class SpinLock {
 public:
  SpinLock() {
    while (flag_.test_and_set(std::memory_order_acquire)) {
    }
  }
  explicit SpinLock(std::try_to_lock_t) : held_(!flag_.test_and_set(std::memory_order_acquire)) {}
  ~SpinLock() {
    if (held_) flag_.clear(std::memory_order_release);
  }
  bool held() const { return held_; }

 private:
  bool held_ = true;
  static constinit std::atomic_flag flag_;
};
constinit std::atomic_flag SpinLock::flag_;

constinit FaultRegion* first = nullptr;

}  // namespace

FaultRegion::FaultRegion(const void* begin, size_t size, const Artifact* artifact)
    : begin_(reinterpret_cast<uintptr_t>(begin)), end_(begin_ + size), artifact_(artifact) {
  SpinLock lock;
  next_ = first;
  if (first != nullptr) first->previous_ = this;
  first = this;
}

FaultRegion::~FaultRegion() {
  SpinLock lock;
  if (next_ != nullptr) next_->previous_ = previous_;
  (previous_ != nullptr ? previous_->next_ : first) = next_;
}

const FaultRegion* FaultRegion::find(uintptr_t address, bool text) {
  for (const FaultRegion* region = first; region != nullptr; region = region->next_) {
    if ((region->artifact_ != nullptr) == text && address >= region->begin_ &&
        address < region->end_) {
      return region;
    }
  }
  return nullptr;
}

const Artifact* FaultRegion::text_at(const void* address) {
  SpinLock lock;
  const FaultRegion* region = find(reinterpret_cast<uintptr_t>(address), true);
  return region == nullptr ? nullptr : region->artifact_;
}

bool FaultRegion::is_surely_text(const void* address) {
  const SpinLock lock(std::try_to_lock);
  return lock.held() && find(reinterpret_cast<uintptr_t>(address), true) != nullptr;
}

std::vector<const Artifact*> FaultRegion::artifacts() {
  std::vector<const Artifact*> all;
  SpinLock lock;
  for (const FaultRegion* region = first; region != nullptr; region = region->next_) {
    if (region->artifact_ != nullptr) all.push_back(region->artifact_);
  }
  return all;
}

bool FaultRegion::is_memory(const void* address) {
  SpinLock lock;
  return find(reinterpret_cast<uintptr_t>(address), false) != nullptr;
}

}  // namespace wasmedge::run
