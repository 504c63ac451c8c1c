#include "runtime/run/waiters.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace wasmedge::run {
namespace {

constexpr int64_t kForever = -1;
constexpr int64_t kMillisecond = 1'000'000;

/// Notifies one at a time until `count` were woken.
void wake(const void* address, uint32_t count) {
  while (count > 0) {
    const uint32_t woken = notify(address, 1);
    ASSERT_LE(woken, 1u);
    count -= woken;
    std::this_thread::yield();
  }
}

TEST(Waiters, AnotherValueDoesNotWait) {
  alignas(8) uint64_t value = 0x1'0000'0000;
  EXPECT_EQ(wait_on(&value, uint64_t{0}, kForever), Waited::kNotEqual);
  EXPECT_EQ(wait_on(reinterpret_cast<uint32_t*>(&value), 1u, kForever), Waited::kNotEqual);
}

TEST(Waiters, TimesOut) {
  uint32_t value = 7;
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(wait_on(&value, 7u, 0), Waited::kTimedOut);
  EXPECT_EQ(wait_on(&value, 7u, 20 * kMillisecond), Waited::kTimedOut);
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(20));
  EXPECT_EQ(notify(&value, ~0u), 0u) << "who has given up is not counted";
}

TEST(Waiters, NobodyIsWokenByAnotherAddress) {
  std::vector<uint32_t> values(4096);
  std::thread waiter(
      [&values] { EXPECT_EQ(wait_on(&values[0], 0u, kForever), Waited::kNotified); });
  for (size_t i = 1; i < values.size(); ++i) EXPECT_EQ(notify(&values[i], ~0u), 0u);
  EXPECT_EQ(notify(&values[0], 0), 0u);
  wake(&values[0], 1);
  waiter.join();
}

TEST(Waiters, EachIsWokenOnce) {
  alignas(8) uint64_t value = 0;
  std::vector<std::thread> waiters;
  for (const int64_t timeout : {kForever, INT64_MIN, INT64_MAX, 600'000 * kMillisecond}) {
    waiters.emplace_back(
        [&value, timeout] { EXPECT_EQ(wait_on(&value, uint64_t{0}, timeout), Waited::kNotified); });
  }
  // Both widths wait at the same address.
  waiters.emplace_back([&value] {
    EXPECT_EQ(wait_on(reinterpret_cast<uint32_t*>(&value), 0u, kForever), Waited::kNotified);
  });
  wake(&value, static_cast<uint32_t>(waiters.size()));
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_EQ(notify(&value, ~0u), 0u);
}

// A change between the comparison and the sleep would be a notification missed: this would hang.
TEST(Waiters, NoNotificationIsMissed) {
  uint32_t turn = 0;
  constexpr uint32_t kTurns = 10'000;
  const auto play = [&turn](uint32_t parity) {
    for (;;) {
      const uint32_t now = __atomic_load_n(&turn, __ATOMIC_SEQ_CST);
      if (now >= kTurns) return;
      if (now % 2 != parity) {
        wait_on(&turn, now, kForever);
        continue;
      }
      __atomic_store_n(&turn, now + 1, __ATOMIC_SEQ_CST);
      notify(&turn, ~0u);
    }
  };
  std::thread even(play, 0), odd(play, 1);
  even.join();
  odd.join();
  EXPECT_EQ(turn, kTurns);
}

}  // namespace
}  // namespace wasmedge::run
