// Instances of several Stores, each on a thread of its own, over one shared memory.
#include <thread>

#include "test/unit/run/guest.h"
#include "test/unit/run/guest_code.h"

namespace wasmedge::run {
namespace {

constexpr unsigned kThreads = 8;
constexpr ArtifactLimits kShared = {1, 100, 1, 0};

/// Imports the shared memory; exports an atomic addition, loads, and the builtins for threads.
ArtifactBuilder guest() {
  ArtifactBuilder builder;
  const uint32_t type = builder.type(std::vector(5, wasm::kI64), {wasm::kI64});
  builder.import_memory("env", "memory", kShared);
  builder.exported("add", type, code::atomic_add());
  builder.exported("load", type, code::load());
  builder.exported("wait", type, code::call_builtin(offsetof(Builtins, memory_wait32)));
  builder.exported("wait64", type, code::call_builtin(offsetof(Builtins, memory_wait64)));
  builder.exported("notify", type, code::call_builtin(offsetof(Builtins, memory_notify)));
  builder.exported("grow", type, code::call_builtin(offsetof(Builtins, memory_grow)));
  return builder;
}

class Threads : public testing::Test {
 protected:
  Threads()
      : artifact_(load(guest())), memory_(store_.add_memory({{1, 100, true, false}, 16}).value()) {}

  /// `work` with an instance of its own, on each of `kThreads` threads.
  void run_all(const std::function<void(Instance&, unsigned)>& work) {
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (unsigned i = 0; i < kThreads; ++i) {
      threads.emplace_back([this, i, &work] {
        Store store;
        work(*link(store), i);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  Instance* link(Store& store) {
    const auto resolve = [this](const ImportRequest&) -> std::optional<Extern> { return memory_; };
    Instance* instance = store.link(artifact_, resolve).value();
    EXPECT_TRUE(instance->initialize().returned());
    return instance;
  }

  std::shared_ptr<const Artifact> artifact_;
  Store store_;
  Memory* memory_;
};

TEST_F(Threads, AtomicAdditions) {
  constexpr unsigned kTimes = 1000;
  run_all([](Instance& instance, unsigned) {
    for (unsigned i = 0; i < kTimes; ++i) run(instance, "add", {8, 1});
  });
  EXPECT_EQ(run(*link(store_), "load", {8}).result, kThreads * kTimes);
}

// Each waits for its turn, takes it, and wakes the others. A turn missed would hang.
TEST_F(Threads, WaitAndNotify) {
  constexpr unsigned kRounds = 50;
  run_all([](Instance& instance, unsigned self) {
    for (unsigned round = 0; round < kRounds; ++round) {
      const uint64_t mine = round * kThreads + self;
      for (;;) {
        const uint64_t turn = run(instance, "add", {64, 0}).result;
        if (turn == mine) break;
        const Called waited = run(instance, "wait", {0, 64, turn, ~uint64_t{0}});
        ASSERT_TRUE(waited.returned(0) || waited.returned(1));
      }
      run(instance, "add", {64, 1});
      ASSERT_TRUE(run(instance, "notify", {0, 64, ~0u}).outcome.returned());
    }
  });
  EXPECT_EQ(run(*link(store_), "load", {64}).result, kThreads * kRounds);
}

// Traps of one thread are its own, whatever the others do.
TEST_F(Threads, TrapsAndGrowth) {
  run_all([](Instance& instance, unsigned) {
    for (unsigned i = 0; i < 12; ++i) {
      EXPECT_TRUE(run(instance, "load", {0xffffffff}).trapped(TrapCode::kMemoryOutOfBounds));
      const Called grown = run(instance, "grow", {0, 1});
      ASSERT_TRUE(grown.outcome.returned());
      EXPECT_TRUE(run(instance, "load", {grown.result * 65536 + 65532}).returned(0));
      EXPECT_TRUE(run(instance, "wait", {0, 2, 0, 0}).trapped(TrapCode::kUnalignedAtomic));
    }
  });
  EXPECT_EQ(memory_->pages(), 1 + 12 * kThreads);
}

TEST_F(Threads, WhatWaitingChecks) {
  Instance& instance = *link(store_);
  EXPECT_TRUE(run(instance, "wait", {0, 65532, 0, 0}).returned(2));
  EXPECT_TRUE(run(instance, "wait", {0, 65532, 1, ~uint64_t{0}}).returned(1));
  EXPECT_TRUE(run(instance, "wait64", {0, 65528, 0, 1}).returned(2));
  EXPECT_TRUE(run(instance, "notify", {0, 65532, 1}).returned(0));
  EXPECT_TRUE(run(instance, "wait", {0, 65536, 0, 0}).trapped(TrapCode::kMemoryOutOfBounds));
  EXPECT_TRUE(run(instance, "wait64", {0, 65532, 0, 0}).trapped(TrapCode::kMemoryOutOfBounds));
  EXPECT_TRUE(run(instance, "wait64", {0, 4, 0, 0}).trapped(TrapCode::kUnalignedAtomic));
  EXPECT_TRUE(run(instance, "notify", {0, 65536, 1}).trapped(TrapCode::kMemoryOutOfBounds));
  EXPECT_TRUE(run(instance, "notify", {0, ~uint64_t{0}, 1}).trapped(TrapCode::kMemoryOutOfBounds));
  EXPECT_TRUE(run(instance, "notify", {0, 6, 1}).trapped(TrapCode::kUnalignedAtomic));
}

}  // namespace
}  // namespace wasmedge::run
