#include "shim/task/children.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <map>

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

TEST(Children, ReapsManyAndTellsEachItsOwn) {
  boost::asio::io_context io(1);
  Children children(io);
  std::map<int, uint32_t> ends;
  for (int code = 0; code < 20; code++) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(code);
    children.watch(pid, [&ends, code](uint32_t status) { ends[code] = status; });
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
