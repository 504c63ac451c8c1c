#include "runtime/run/guest_stack.h"

#include <signal.h>
#include <sys/mman.h>

#include <memory>
#include <utility>

#include "runtime/base/limits.h"
#include "runtime/run/convention.h"

namespace wasmedge::run {
namespace {

// Room for the widest register state the kernel saves (about 11 KiB with AMX) and for a handler
// that was there before ours.
constexpr size_t kSignalStack = size_t{64} << 10;

}  // namespace

// Larger than a host function's frame: those do not all probe the stack. Where compiled code does
// not either, a function that calls nothing may begin as far below the guard's end as its caller's
// frame is large.
const size_t GuestStack::kGuard = (size_t{256} << 10) + 2 * unprobed_frame_bytes(kThisArchitecture);
const size_t GuestStack::kSize = kSignalStack + kGuard + kLimits.guest_stack_bytes;

namespace {
thread_local std::unique_ptr<GuestStack> stack_of_thread;
}

std::unique_ptr<GuestStack> GuestStack::make() {
  void* base = mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (base == MAP_FAILED) return nullptr;
  if (mprotect(static_cast<std::byte*>(base) + kSignalStack, kGuard, PROT_NONE) != 0) {
    munmap(base, kSize);
    return nullptr;
  }
  return std::unique_ptr<GuestStack>(new GuestStack(static_cast<std::byte*>(base)));
}

void GuestStack::adopt(std::unique_ptr<GuestStack> stack) {
  stack_of_thread = std::move(stack);
  stack_of_thread->provide_signal_stack();
}

GuestStack* GuestStack::of_thread() {
  if (stack_of_thread == nullptr) {
    auto made = make();
    if (made != nullptr) adopt(std::move(made));
  }
  return stack_of_thread.get();
}

void GuestStack::provide_signal_stack() {
  // A signal stack that the program (or a sanitizer) has given this thread serves as well.
  stack_t existing{};
  sigaltstack(nullptr, &existing);
  if ((existing.ss_flags & SS_DISABLE) == 0) return;
  stack_t ours{};
  ours.ss_sp = base_;
  ours.ss_size = kSignalStack;
  owns_signal_stack_ = sigaltstack(&ours, nullptr) == 0;
}

GuestStack::~GuestStack() {
  if (owns_signal_stack_) {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
  }
  munmap(base_, kSize);
}

std::byte* GuestStack::guard() const {
  return base_ + kSignalStack;
}

}  // namespace wasmedge::run
