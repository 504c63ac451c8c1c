#include "shim/task/oom.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "shim/task/events.h"

namespace wasmedge::task {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A control group of this machine with little memory, removed at the end.
class OomReportsTest : public testing::Test {
 protected:
  OomReportsTest()
      : events_(io_, "ns", [this](std::string request) { return forward(std::move(request)); }) {}

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: control groups are made";
    auto roots = oci::find_cgroup_roots();
    ASSERT_TRUE(roots) << roots.error().message;
    oci::Resources resources;
    resources.memory_limit = 16 << 20;
    auto group =
        oci::Cgroup::create(*roots, fmt::format("/wasmedge-unit-oom-{}", ::getpid()), resources);
    ASSERT_TRUE(group) << group.error().message;
    group_.emplace(std::move(*group));
  }
  void TearDown() override {
    if (!group_) return;
    EXPECT_TRUE(group_->kill_all());
    EXPECT_TRUE(group_->remove(5'000));
  }

  asio::awaitable<Result<>> forward(std::string request) {
    proto::ForwardRequest decoded;
    EXPECT_TRUE(decoded.ParseFromString(request));
    EXPECT_EQ(decoded.envelope().topic(), "/tasks/oom");
    proto::TaskOOM event;
    EXPECT_TRUE(event.ParseFromString(decoded.envelope().event().value()));
    told_.push_back(event.container_id());
    co_return Result<>();
  }

  /// A process that the kernel kills for its hunger.
  void starve_one() {
    const pid_t pid = ::fork();
    if (pid == 0) {
      const auto files = group_->join_files();
      for (const Fd& file : *files) {
        if (::write(file.get(), "0", 1) != 1) ::_exit(101);
      }
      std::vector<std::string> eaten;
      for (;;) eaten.emplace_back(1 << 20, 'x');
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
  }

  void run_until(size_t told) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (told_.size() < told && std::chrono::steady_clock::now() < until) io_.run_one_for(1s);
    EXPECT_EQ(told_.size(), told);
  }

  asio::io_context io_;
  Events events_;
  std::optional<oci::Cgroup> group_;
  std::vector<std::string> told_;
};

TEST_F(OomReportsTest, TellsOfEachWhileTheContainerLives) {
  const auto reports = std::make_shared<OomReports>(io_, events_, "c1", *group_);
  OomReports::start(reports);
  io_.poll();
  starve_one();
  run_until(1);
  starve_one();
  run_until(2);
  reports->finish();
  io_.run_for(100ms);  // ends at once: nothing waits any more
  EXPECT_EQ(told_, (std::vector<std::string>{"c1", "c1"}));
}

TEST_F(OomReportsTest, TheEndTellsOfWhatNobodyTold) {
  const auto reports = std::make_shared<OomReports>(io_, events_, "c1", *group_);
  OomReports::start(reports);
  io_.poll();
  starve_one();
  reports->finish();
  run_until(1);
}

TEST_F(OomReportsTest, NothingHappened) {
  const auto reports = std::make_shared<OomReports>(io_, events_, "c1", *group_);
  OomReports::start(reports);
  io_.poll();
  reports->finish();
  io_.run_for(100ms);
  EXPECT_TRUE(told_.empty());
}

}  // namespace
}  // namespace wasmedge::task
