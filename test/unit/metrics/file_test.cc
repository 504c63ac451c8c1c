#include "shim/metrics/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "runtime/base/sanitizers.h"
#include "test/unit/temporary_directory.h"

namespace wasmedge::metrics {
namespace {

class File : public testing::Test {
 protected:
  static Tally one(Counter counter = Counter::kCreates) {
    Tally tally;
    tally.count(counter);
    return tally;
  }
  uint64_t creates() const {
    const auto numbers = read(path);
    EXPECT_TRUE(numbers) << numbers.error().message;
    return numbers ? (*numbers)[place_of(Counter::kCreates)] : 0;
  }
  /// Adding gives a good file that begins anew, and the other one is put aside.
  void is_replaced() const {
    const auto added = add(path, one());
    ASSERT_TRUE(added) << added.error().message;
    EXPECT_EQ(creates(), 1u);
    struct stat status{};
    EXPECT_EQ(::lstat((path + ".damaged").c_str(), &status), 0);
  }

  test::TemporaryDirectory directory;
  const std::string path = directory.at("run/metrics");
};

TEST_F(File, IsMadeWhereItIsMissing) {
  EXPECT_EQ(read(path).value(), Numbers{});
  ASSERT_TRUE(add(path, one()));
  ASSERT_TRUE(add(path, one()));
  EXPECT_EQ(creates(), 2u);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0644u) << "node_exporter's user may read it";
  ASSERT_EQ(::stat(directory.at("run").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0755u);
  size_t files = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(directory.at("run")))
    ++files;
  EXPECT_EQ(files, 1u) << "nothing else is left";
}

TEST_F(File, ManyProcessesLoseNothing) {
  constexpr int kProcesses = 16, kTimes = 200;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      bool good = true;
      for (int time = 0; time < kTimes; ++time) good = add(path, one()).has_value() && good;
      ::_exit(good ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(creates(), static_cast<uint64_t>(kProcesses) * kTimes);
}

TEST_F(File, KilledProcessesLeaveItGoodAndGrowing) {
  for (int round = 0; round < 20; ++round) {
    const uint64_t before = creates();
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      for (;;) (void)add(path, one());
    }
    while (creates() == before) ::usleep(100);
    ::kill(pid, SIGKILL);
    ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
    ASSERT_TRUE(add(path, one()));
    EXPECT_GT(creates(), before);
  }
}

TEST_F(File, TornIsReplaced) {
  ASSERT_TRUE(add(path, one()));
  for (const off_t size : {0, 5, 16, 1000}) {
    ASSERT_EQ(::truncate(path.c_str(), size), 0);
    EXPECT_EQ(read(path).error().code, ErrorCode::kInvalidArgument);
    is_replaced();
  }
}

TEST_F(File, DamagedAtItsHeadIsReplaced) {
  ASSERT_TRUE(add(path, one()));
  std::fstream(path, std::ios::in | std::ios::out) << "something else";
  EXPECT_EQ(read(path).error().code, ErrorCode::kInvalidArgument);
  is_replaced();
}

TEST_F(File, ThatOthersMayWriteIsReplaced) {
  ASSERT_TRUE(add(path, one()));
  ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  is_replaced();
}

TEST_F(File, OfAnotherUserIsReplaced) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: a file is given away";
  ASSERT_TRUE(add(path, one()));
  ASSERT_EQ(::chown(path.c_str(), 1000, 1000), 0);
  is_replaced();
}

TEST_F(File, ALinkIsNotFollowed) {
  ASSERT_TRUE(add(path, one()));
  const std::string elsewhere = directory.at("elsewhere");
  std::filesystem::rename(path, elsewhere);
  std::filesystem::create_symlink(elsewhere, path);
  is_replaced();
  EXPECT_EQ(read(elsewhere).value()[place_of(Counter::kCreates)], 1u);
}

TEST_F(File, AFifoIsNotWaitedFor) {
  ASSERT_TRUE(add(path, one()));
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0644), 0);
  EXPECT_EQ(read(path).error().code, ErrorCode::kInvalidArgument);
  is_replaced();
}

TEST_F(File, ADirectoryThatOthersMayWriteIsRefused) {
  ASSERT_EQ(::mkdir(directory.at("run").c_str(), 0755), 0);
  ASSERT_EQ(::chmod(directory.at("run").c_str(), 0777), 0);
  const auto refused = add(path, one());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
}

TEST_F(File, ATimingGoesIntoItsBucketAndTheSum) {
  using namespace std::chrono_literals;
  Tally tally;
  tally.took(Timing::kStart, 1ms);   // a bound itself
  tally.took(Timing::kStart, 30ms);  // up to 50 ms
  tally.took(Timing::kStart, 400s);  // above all
  ASSERT_TRUE(add(path, tally));
  const Numbers numbers = read(path).value();
  const size_t first = place_of(Timing::kStart);
  EXPECT_EQ(numbers[first], 1u);
  EXPECT_EQ(numbers[first + 5], 1u);
  EXPECT_EQ(numbers[first + kBuckets - 1], 1u);
  EXPECT_EQ(numbers[first + kBuckets], 400'031'000'000u);
}

/// The best of many, for a machine that does other things too.
TEST_F(File, AddingTakesLessThanFiftyMicroseconds) {
  if (WASMEDGE_ASAN != 0 || WASMEDGE_TSAN != 0) GTEST_SKIP() << "sanitizers are slow";
  Tally tally = one();
  tally.took(Timing::kCreate, std::chrono::milliseconds(3));
  ASSERT_TRUE(add(path, tally));
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 200; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    ASSERT_TRUE(add(path, tally));
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begun);
  }
  RecordProperty("nanoseconds", static_cast<int>(best.count()));
  EXPECT_LT(best, std::chrono::microseconds(50));
}

}  // namespace
}  // namespace wasmedge::metrics
