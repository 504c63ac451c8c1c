#include "shim/task/process.h"

#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace wasmedge::task {
namespace {

/// A child that waits; with this pid, if it is not 0.
pid_t start_child(pid_t pid) {
  const std::array<pid_t, 1> wanted = {pid};
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  if (pid != 0) {
    arguments.set_tid = reinterpret_cast<uint64_t>(wanted.data());
    arguments.set_tid_size = wanted.size();
  }
  const long child = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (child == 0) {
    for (;;) ::pause();
  }
  return static_cast<pid_t>(child);
}

TEST(Process, ASignalNeverReachesAnotherOfTheSamePid) {
  boost::asio::io_context io(1);
  Process process(io, "box", {});
  process.pid = start_child(0);
  ASSERT_GT(process.pid, 0);
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  process.pidfd = pidfd.get();
  ASSERT_TRUE(send_signal(process, SIGKILL));
  ASSERT_EQ(::waitpid(process.pid, nullptr, 0), process.pid);

  const pid_t other = start_child(process.pid);
  if (other < 0 && errno == EPERM) GTEST_SKIP() << "choosing a pid needs CAP_SYS_ADMIN";
  ASSERT_EQ(other, process.pid);
  const auto sent = send_signal(process, SIGKILL);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(::waitpid(other, nullptr, WNOHANG), 0) << "it was killed";
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
}

}  // namespace
}  // namespace wasmedge::task
