#include <array>
#include <atomic>
#include <cstring>
#include <thread>

#include "test/unit/compile/guest.h"

// Atomics: what one thread can tell, and threads with an instance each over one shared memory.
namespace wasmedge::test {
namespace {

using run::TrapCode;

Bytes atomic(uint8_t op, uint8_t align, uint64_t offset = 0) {
  return concat({{0xfe, op, align}, leb(offset)});
}

TEST_P(BothQualities, AtomicsTrap) {
  ModuleBytes module;
  module.memory({0x00, 1});
  const uint32_t unary = module.type({kI32}, {kI32});
  const auto add = [&](std::string_view name, uint32_t type, const Bytes& code) {
    module.export_function(name, module.function(type, code));
  };
  add("load", unary, concat({{0x20, 0}, atomic(0x10, 2)}));
  add("load3", unary, concat({{0x20, 0}, atomic(0x10, 2, 3)}));
  add("far", unary, concat({{0x20, 0}, atomic(0x10, 2, 0xffff'fffc)}));
  add("dead", unary, concat({{0x20, 0}, atomic(0x10, 2), {0x1a, 0x41, 0}}));
  add("dead_add", unary, concat({{0x20, 0, 0x41, 0}, atomic(0x1e, 2), {0x1a, 0x41, 0}}));
  add("wait", unary, concat({{0x20, 0, 0x41, 0, 0x42, 0}, atomic(0x01, 2)}));
  add("notify", unary, concat({{0x20, 0, 0x41, 1}, atomic(0x00, 2)}));
  // i32.atomic.rmw8.cmpxchg_u of 0 by 7: only the low byte of what is expected counts.
  add("cmpxchg8", unary, concat({{0x20, 0, 0x41, 0x80, 0x02, 0x41, 7}, atomic(0x4a, 0)}));
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(guest.result("load", {4}), 0u);
  EXPECT_EQ(guest.result("load3", {1}), 0u) << "the sum is what must be aligned";
  EXPECT_EQ(guest.trap("load3", {4}).code, TrapCode::kUnalignedAtomic);
  for (const char* function : {"load", "dead", "dead_add", "wait", "notify"}) {
    EXPECT_EQ(guest.trap(function, {2}).code, TrapCode::kUnalignedAtomic) << function;
    EXPECT_EQ(guest.trap(function, {65536}).code, TrapCode::kMemoryOutOfBounds) << function;
    EXPECT_EQ(guest.trap(function, {0xffff'fffc}).code, TrapCode::kMemoryOutOfBounds) << function;
  }
  EXPECT_EQ(guest.trap("far", {0xffff'fffc}).code, TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(guest.trap("wait", {0}).code, TrapCode::kNotShared);
  EXPECT_EQ(guest.result("notify", {0}), 0u);
  EXPECT_EQ(guest.result("cmpxchg8", {9}), 0u);
  EXPECT_EQ(guest.result("cmpxchg8", {9}), 7u);
}

TEST_P(BothQualities, AtomicsOf64BitAddresses) {
  ModuleBytes module;
  module.memory({0x07, 1, 2});
  const uint32_t unary = module.type({kI64}, {kI32});
  const uint64_t most = ~uint64_t{0};
  const auto add = [&](std::string_view name, const Bytes& code) {
    module.export_function(name, module.function(unary, code));
  };
  add("load", concat({{0x20, 0}, atomic(0x10, 2)}));
  add("wait", concat({{0x20, 0, 0x41, 0, 0x42, 0}, atomic(0x01, 2)}));
  add("far_wait", concat({{0x20, 0, 0x41, 0, 0x42, 0}, atomic(0x01, 2, most - 3)}));
  add("far_notify", concat({{0x20, 0, 0x41, 1}, atomic(0x00, 2, most - 3)}));
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(guest.result("load", {65532}), 0u);
  EXPECT_EQ(static_cast<uint32_t>(guest.result("wait", {0})), 2u);
  for (const uint64_t address : {uint64_t{65536}, uint64_t{1} << 32, most - 3}) {
    EXPECT_EQ(guest.trap("load", {address}).code, TrapCode::kMemoryOutOfBounds);
    EXPECT_EQ(guest.trap("wait", {address}).code, TrapCode::kMemoryOutOfBounds);
  }
  // A sum that wraps to 0.
  EXPECT_EQ(guest.trap("far_wait", {4}).code, TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(guest.trap("far_notify", {4}).code, TrapCode::kMemoryOutOfBounds);
}

/// Imports the shared memory twice, as memory 0 and as memory 1. `work(n)` adds n times 1 to the
/// i64 at 8, plainly, behind a lock at 0 (0 free, 1 taken, 2 taken and waited for), which it takes
/// by way of memory 0 and waits for by way of memory 1.
ModuleBytes counter() {
  ModuleBytes module;
  for (int i = 0; i < 2; ++i) module.import_memory("env", "memory", {0x03, 1, 1});
  const Bytes take = concat({
      {0x41, 0, 0x41, 0, 0x41, 1},
      atomic(0x48, 2),  // cmpxchg 0 by 1
      {0x04, 0x40},     // if it was not free
      {0x03, 0x40},     // loop
      {0x41, 0, 0x41, 2},
      atomic(0x41, 2),  // xchg 2
      {0x04, 0x40},     // if it is not free
      {0x41, 0, 0x41, 2},
      i64(-1),
      {0xfe, 0x01, 0x42, 1, 0, 0x1a},  // wait while it is 2
      {0x0c, 1, 0x0b, 0x0b, 0x0b},     // again
  });
  const Bytes bump = {0x41, 8, 0x41, 8, 0x29, 3, 0, 0x42, 1, 0x7c, 0x37, 3, 0};
  const Bytes give = concat({
      {0x41, 0, 0x41, 0},
      atomic(0x41, 2),              // xchg 0
      {0x41, 2, 0x46, 0x04, 0x40},  // if somebody waits
      {0x41, 0, 0x41, 1},
      atomic(0x00, 2),
      {0x1a, 0x0b},  // notify one
  });
  const Bytes code =
      concat({{0x03, 0x40}, take, bump, give, {0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b}});
  module.export_function("work", module.function(module.type({kI32}, {}), code));
  return module;
}

TEST_P(BothQualities, ThreadsShareAMemory) {
  constexpr uint32_t kThreads = 8, kTimes = 2000;
  const auto artifact = build(counter().bytes(), GetParam());
  run::Store owner;
  run::Memory* memory = owner.add_memory({{1, 1, true, false}, 16}).value();
  const auto resolve = [memory](const run::ImportRequest&) -> std::optional<run::Extern> {
    return memory;
  };
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (uint32_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      Guest guest(artifact, resolve);
      std::vector<run::Value> arguments(1);
      arguments[0].i32 = kTimes;
      EXPECT_TRUE(guest.call("work", arguments).returned());
    });
  }
  for (std::thread& thread : threads) thread.join();
  uint64_t count = 0;
  std::memcpy(&count, memory->bytes().data() + 8, sizeof(count));
  EXPECT_EQ(count, kThreads * kTimes);
}

// Message passing, and a store buffer that must not be seen: what sequential consistency forbids.
TEST_P(BothQualities, SequentialConsistency) {
  ModuleBytes module;
  module.import_memory("env", "memory", {0x03, 1, 1});
  const uint32_t type = module.type({kI32, kI32}, {kI32});
  // mine = 1; result = theirs
  module.export_function(
      "flag", module.function(
                  type, concat({{0x20, 0, 0x41, 1}, atomic(0x17, 2), {0x20, 1}, atomic(0x10, 2)})));
  const auto artifact = build(module.bytes(), GetParam());
  run::Store owner;
  run::Memory* memory = owner.add_memory({{1, 1, true, false}, 16}).value();
  const auto resolve = [memory](const run::ImportRequest&) -> std::optional<run::Extern> {
    return memory;
  };
  for (uint32_t round = 0; round < 200; ++round) {
    const uint32_t place = round * 128;
    std::array<uint64_t, 2> seen{};
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    threads.reserve(2);
    for (uint32_t i = 0; i < 2; ++i) {
      threads.emplace_back([&, i] {
        Guest guest(artifact, resolve);
        std::vector<run::Value> values(2);
        values[0].i64 = place + 64 * i;
        values[1].i64 = place + 64 * (1 - i);
        ++ready;
        while (ready != 2) {
        }
        EXPECT_TRUE(guest.call("flag", values).returned());
        seen[i] = values[0].i32;
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_NE(seen[0] + seen[1], 0u) << "neither saw the other's store";
  }
}

}  // namespace
}  // namespace wasmedge::test
