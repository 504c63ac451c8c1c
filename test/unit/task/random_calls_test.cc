#include "test/unit/task/random_calls.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <vector>

#include "runtime/base/log.h"

namespace wasmedge::task {
namespace {

/// test/fuzz's target `service` goes on from here.
TEST(RandomCalls, KeepTheOrderOfEventsAndLoseNothing) {
  log::configure(-1, log::Level::kError);  // of the many errors that are meant to be
  for (uint32_t seed = 0; seed < 150; seed++) {
    std::mt19937 random(seed);
    std::vector<uint8_t> choices(600);
    std::generate(choices.begin(), choices.end(), [&] { return static_cast<uint8_t>(random()); });
    EXPECT_EQ(random_calls(choices), "") << "seed " << seed;
  }
  log::configure(STDERR_FILENO, log::Level::kInfo);
}

}  // namespace
}  // namespace wasmedge::task
