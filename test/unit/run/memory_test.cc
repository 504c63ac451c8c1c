#include "runtime/run/memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "runtime/base/limits.h"

namespace wasmedge::run {
namespace {

constexpr uint64_t kRefused = ~uint64_t{0};

std::unique_ptr<Memory> make(const wasm::MemoryType& type) {
  return Memory::make(type).value();
}

TEST(Memory, PagesOfAByte) {
  const auto memory = make({{.min = 5, .max = {}}, 0});
  EXPECT_EQ(memory->pages(), 5u);
  EXPECT_EQ(memory->bytes().size(), 5u);
  EXPECT_EQ(memory->grow(3), 5u);
  memory->bytes().back() = std::byte{1};
  EXPECT_EQ(memory->grow(70'000), 8u);
  EXPECT_EQ(memory->bytes()[7], std::byte{1});
  EXPECT_EQ(memory->bytes().back(), std::byte{0});
  EXPECT_EQ(memory->grow(0xffff'ffff - 70'008 + 1), kRefused) << "its size would be no i32";
  EXPECT_EQ(memory->grow(0xffff'ffff - 70'008), 70'008u);
  memory->bytes().back() = std::byte{1};
  EXPECT_EQ(memory->grow(1), kRefused);
  EXPECT_EQ(memory->grow(kRefused), kRefused);
}

TEST(Memory, AddressesOf64Bits) {
  const auto memory = make({{.min = 1, .max = {}, .is64 = true}, 16});
  EXPECT_EQ(memory->grow(uint64_t{1} << 48), kRefused);
  EXPECT_EQ(memory->grow(kRefused), kRefused);
  EXPECT_EQ(memory->grow(70'000), 1u) << "beyond 4 GiB, of which nothing is touched";
  memory->bytes().back() = std::byte{1};
  EXPECT_EQ(memory->pages(), 70'001u);
  EXPECT_EQ(memory->grow((kLimits.memory64_bytes >> 16) - 70'000), kRefused);
}

TEST(Memory, AMinimumThatIsTooLargeIsRefused) {
  const uint64_t most = kLimits.memory64_bytes;
  const auto error = [](wasm::SizeLimits limits, uint32_t page_log2) {
    const auto made = Memory::make({limits, page_log2});
    EXPECT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::kResourceExhausted);
    return made.error().message;
  };
  EXPECT_EQ(error({.min = (most >> 16) + 1, .max = {}, .is64 = true}, 16),
            "a memory of 4194305 pages of 64 KiB is over the limit of 256 GiB");
  EXPECT_EQ(error({.min = uint64_t{1} << 48, .max = {}, .is64 = true}, 16),
            "a memory of 281474976710656 pages of 64 KiB is over the limit of 256 GiB");
  EXPECT_EQ(error({.min = ~uint64_t{0}, .max = {}, .is64 = true}, 0),
            "a memory of 18446744073709551615 pages of one byte is over the limit of 256 GiB");
}

TEST(Memory, ALargeMaximumReservesNoMore) {
  const auto memory = make({{.min = 0, .max = uint64_t{1} << 48, .is64 = true}, 16});
  EXPECT_EQ(memory->grow((kLimits.memory64_bytes >> 16) + 1), kRefused);
  EXPECT_EQ(memory->grow(1), 0u);
}

TEST(Memory, GrowthIsAtomic) {
  constexpr unsigned kThreads = 8, kTimes = 100;
  const auto memory = make({{.min = 1, .max = 1 + kThreads * kTimes, .shared = true}, 16});
  std::vector<std::vector<uint64_t>> seen(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (auto& mine : seen) {
    threads.emplace_back([&memory, &mine] {
      for (unsigned i = 0; i < kTimes; ++i) {
        mine.push_back(memory->grow(1));
        // What this thread has grown, it can use.
        memory->view()->base[mine.back() * 65536 + 65535] = std::byte{1};
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<uint64_t> all;
  for (const auto& mine : seen) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::sort(all.begin(), all.end());
  for (uint64_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], i + 1);
  EXPECT_EQ(memory->grow(1), kRefused);
}

}  // namespace
}  // namespace wasmedge::run
