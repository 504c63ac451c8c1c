#include "shim/task/children.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <map>
#include <optional>

namespace wasmedge::task {
namespace {

using namespace std::chrono_literals;

TEST(ExitStatus, IsTheShells) {
  EXPECT_EQ(exit_status(CLD_EXITED, 0), 0U);
  EXPECT_EQ(exit_status(CLD_EXITED, 255), 255U);
  EXPECT_EQ(exit_status(CLD_KILLED, SIGKILL), 137U);
  EXPECT_EQ(exit_status(CLD_KILLED, SIGTERM), 143U);
  EXPECT_EQ(exit_status(CLD_DUMPED, SIGSEGV), 139U);
}

Fd pidfd_of(pid_t pid) {
  return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

TEST(Children, TellsAnEndWithoutASignal) {
  boost::asio::io_context io(1);
  Children children(io);
  sigset_t child_ends, before;
  sigemptyset(&child_ends);
  sigaddset(&child_ends, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &child_ends, &before);
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(7);
  std::optional<uint32_t> end;
  ASSERT_TRUE(children.watch(pid, pidfd_of(pid), [&end](uint32_t status) { end = status; }));
  for (int i = 0; i < 100 && !end; i++) io.run_for(20ms);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(end, 7U);
}

TEST(Children, OneThatCannotBeWatchedIsEnded) {
  boost::asio::io_context io(1);
  Children children(io);
  const pid_t pid = ::fork();
  if (pid == 0) {
    for (;;) ::pause();
  }
  const auto watched = children.watch(pid, Fd(), [](uint32_t) { FAIL() << "told"; });
  ASSERT_FALSE(watched);
  EXPECT_EQ(watched.error().code, ErrorCode::kResourceExhausted) << watched.error().message;
  EXPECT_EQ(::kill(pid, 0), -1) << "it is not reaped";
}

TEST(Children, ReapsManyAndTellsEachItsOwn) {
  boost::asio::io_context io(1);
  Children children(io);
  std::map<int, uint32_t> ends;
  for (int code = 0; code < 20; code++) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(code);
    ASSERT_TRUE(children.watch(pid, pidfd_of(pid), [&ends, code](uint32_t status) {
      EXPECT_FALSE(ends.contains(code)) << "told twice";
      ends[code] = status;
    }));
  }
  const pid_t stranger = ::fork();  // as an orphan that the shim inherits
  if (stranger == 0) ::_exit(0);
  for (int i = 0; i < 100 && (ends.size() < 20 || ::kill(stranger, 0) == 0); i++) {
    io.run_for(20ms);
  }
  ASSERT_EQ(ends.size(), 20U);
  for (const auto& [code, status] : ends) EXPECT_EQ(status, static_cast<uint32_t>(code));
  EXPECT_EQ(::kill(stranger, 0), -1) << "a child that nobody watches stays a zombie";
}

}  // namespace
}  // namespace wasmedge::task
