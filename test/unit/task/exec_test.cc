#include <gtest/gtest.h>

#include "test/unit/task/service_fixture.h"

namespace wasmedge::task {
namespace {

TEST_F(ServiceTest, AnExecutedProcessLivesItsOwnLife) {
  platform_.guest_runs_for_ever = true;
  ASSERT_TRUE(call("Create", create_request()));
  ASSERT_TRUE(call("Start", process()));
  ASSERT_TRUE(call("Exec", exec_request("x")));
  EXPECT_EQ(code_of(call("Exec", exec_request("x"))), ErrorCode::kAlreadyExists);
  EXPECT_EQ(code_of(call("Kill", signal(SIGKILL, "x"))), ErrorCode::kFailedPrecondition);
  const auto wait = begin("Wait", process("box", "x"));
  platform_.guest_runs_for_ever = false;
  platform_.guest_exit_code = 5;
  const auto started = decode<proto::StartResponse>(call("Start", process("box", "x")));
  EXPECT_GT(started.pid(), 0U);
  EXPECT_EQ(decode<proto::WaitResponse>(finish(*wait)).exit_status(), 5U);
  EXPECT_EQ(code_of(call("Kill", signal(SIGKILL, "x"))), ErrorCode::kNotFound);
  EXPECT_EQ(decode<proto::DeleteResponse>(call("Delete", process("box", "x"))).exit_status(), 5U);
  EXPECT_EQ(code_of(call("State", process("box", "x"))), ErrorCode::kNotFound);
  EXPECT_EQ(status(), proto::TASK_RUNNING);
  settle();
  EXPECT_EQ(topics_, (std::vector<std::string>{"/tasks/create", "/tasks/start", "/tasks/exec-added",
                                               "/tasks/exec-started", "/tasks/exit"}));
  ASSERT_TRUE(call("Kill", signal(SIGKILL)));
  ASSERT_TRUE(call("Wait", process()));
  EXPECT_EQ(code_of(call("Exec", exec_request("y"))), ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(call("Delete", process()));
}

TEST_F(ServiceTest, TheContainersExitIsTheLastOne) {
  platform_.guest_runs_for_ever = true;
  ASSERT_TRUE(call("Create", create_request()));
  ASSERT_TRUE(call("Start", process()));
  ASSERT_TRUE(call("Exec", exec_request("x")));
  ASSERT_TRUE(call("Start", process("box", "x")));
  ASSERT_TRUE(call("Kill", signal(SIGKILL)));
  ASSERT_TRUE(call("Wait", process()));
  settle();
  EXPECT_EQ(topics_.back(), "/tasks/exec-started") << "the container's exit is held";
  ASSERT_TRUE(call("Kill", signal(SIGKILL, "x")));
  ASSERT_TRUE(call("Wait", process("box", "x")));
  settle();
  ASSERT_EQ(exits_.size(), 2U);
  EXPECT_EQ(exits_[0], "x");
  EXPECT_EQ(exits_[1], "box");
  EXPECT_TRUE(call("Delete", process()));
}

TEST_F(ServiceTest, AStartOfAnExecutedProcessThatFailsLeavesTheContainer) {
  platform_.guest_runs_for_ever = true;
  ASSERT_TRUE(call("Create", create_request()));
  ASSERT_TRUE(call("Start", process()));
  ASSERT_TRUE(call("Exec", exec_request("x")));
  platform_.script = FakePlatform::Script::kError;
  EXPECT_EQ(code_of(call("Start", process("box", "x"))), ErrorCode::kNotFound);
  EXPECT_EQ(decode<proto::WaitResponse>(call("Wait", process("box", "x"))).exit_status(), 255U);
  EXPECT_TRUE(call("Delete", process("box", "x")));
  EXPECT_EQ(status(), proto::TASK_RUNNING);
  ASSERT_TRUE(call("Kill", signal(SIGKILL)));
  ASSERT_TRUE(call("Wait", process()));
  EXPECT_TRUE(call("Delete", process()));
}

}  // namespace
}  // namespace wasmedge::task
