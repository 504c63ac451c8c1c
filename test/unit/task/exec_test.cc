#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>

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

TEST_F(ServiceTest, WhatIsSaidOfAnExecutedProcessInEachState) {
  const auto state = [&] {
    return decode<proto::StateResponse>(call("State", process("box", "x")));
  };
  const auto close_stdin = [&] {
    proto::CloseIORequest request;
    request.set_id("box");
    request.set_exec_id("x");
    request.set_stdin(true);
    return call("CloseIO", request.SerializeAsString());
  };
  platform_.guest_runs_for_ever = true;
  ASSERT_TRUE(call("Create", create_request()));
  ASSERT_TRUE(call("Start", process()));
  EXPECT_EQ(code_of(close_stdin()), ErrorCode::kNotFound);
  const std::string fifo = bundle_.path() + "/in";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  proto::ExecRequest request;
  ASSERT_TRUE(request.ParseFromString(exec_request("x")));
  request.set_stdin(fifo);
  ASSERT_TRUE(call("Exec", request.SerializeAsString()));
  EXPECT_EQ(state().status(), proto::TASK_CREATED);
  EXPECT_EQ(state().pid(), 0U);

  const auto started = decode<proto::StartResponse>(call("Start", process("box", "x")));
  EXPECT_EQ(state().status(), proto::TASK_RUNNING);
  EXPECT_EQ(state().pid(), started.pid());
  EXPECT_EQ(state().exec_id(), "x");
  EXPECT_EQ(state().stdin(), fifo);
  EXPECT_EQ(state().bundle(), bundle_.path());
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(close_stdin()) << "a second time is no error";

  const std::array waits = {begin("Wait", process("box", "x")), begin("Wait", process("box", "x")),
                            begin("Wait", process("box", "x"))};
  ASSERT_TRUE(call("Kill", signal(SIGTERM, "x")));
  for (const auto& wait : waits) {
    EXPECT_EQ(decode<proto::WaitResponse>(finish(*wait)).exit_status(), 143U);
  }
  EXPECT_EQ(state().status(), proto::TASK_STOPPED);
  EXPECT_EQ(state().exit_status(), 143U);
  EXPECT_GT(state().exited_at().seconds(), 1'600'000'000);
  EXPECT_TRUE(close_stdin());
  EXPECT_TRUE(call("Delete", process("box", "x")));
  EXPECT_EQ(code_of(close_stdin()), ErrorCode::kNotFound);
  ASSERT_TRUE(call("Kill", signal(SIGKILL)));
  ASSERT_TRUE(call("Wait", process()));
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

TEST_F(ServiceTest, DeleteTellsTheEndsOfExecutedProcessesFirst) {
  platform_.guest_runs_for_ever = true;
  ASSERT_TRUE(call("Create", create_request()));
  ASSERT_TRUE(call("Start", process()));
  ASSERT_TRUE(call("Exec", exec_request("x")));
  ASSERT_TRUE(call("Start", process("box", "x")));
  ASSERT_TRUE(call("Kill", signal(SIGKILL)));
  ASSERT_TRUE(call("Wait", process()));
  EXPECT_TRUE(call("Delete", process()));
  settle();
  EXPECT_EQ(exits_, (std::vector<std::string>{"x", "box"}));
  EXPECT_EQ(topics_.back(), "/tasks/delete");
}

TEST_F(ServiceTest, NoExecutedProcessStartsAfterTheContainersExit) {
  platform_.guest_runs_for_ever = true;
  ASSERT_TRUE(call("Create", create_request()));
  ASSERT_TRUE(call("Start", process()));
  ASSERT_TRUE(call("Exec", exec_request("x")));
  platform_.script = FakePlatform::Script::kStopped;
  const auto start = begin("Start", process("box", "x"));
  const auto late = decode<proto::StateResponse>(call("State", process("box", "x"))).pid();
  ASSERT_GT(late, 0U);
  ASSERT_TRUE(call("Kill", signal(SIGKILL)));
  ASSERT_TRUE(call("Wait", process()));
  for (int i = 0; i < 400 && !start->answer; i++) {  // it may not have stopped yet
    ::kill(static_cast<pid_t>(late), SIGCONT);
    io_.run_for(5ms);
  }
  EXPECT_FALSE(finish(*start));
  settle();
  EXPECT_EQ(topics_, (std::vector<std::string>{"/tasks/create", "/tasks/start", "/tasks/exec-added",
                                               "/tasks/exit"}));
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
