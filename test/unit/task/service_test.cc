#include <gtest/gtest.h>

#include "test/unit/task/service_fixture.h"

namespace wasmedge::task {
namespace {

TEST_F(ServiceTest, AWholeLife) {
  platform_.guest_exit_code = 7;
  const auto created = decode<proto::CreateResponse>(call("Create", create_request()));
  EXPECT_GT(created.pid(), 0U);
  EXPECT_EQ(status(), proto::TASK_CREATED);
  const auto first = begin("Wait", process());
  const auto second = begin("Wait", process());
  EXPECT_FALSE(first->answer);
  EXPECT_EQ(decode<proto::StartResponse>(call("Start", process())).pid(), created.pid());
  EXPECT_EQ(decode<proto::WaitResponse>(finish(*first)).exit_status(), 7U);
  EXPECT_EQ(decode<proto::WaitResponse>(finish(*second)).exit_status(), 7U);
  EXPECT_EQ(decode<proto::WaitResponse>(call("Wait", process())).exit_status(), 7U);
  EXPECT_EQ(status(), proto::TASK_STOPPED);
  EXPECT_EQ(code_of(call("Kill", signal(SIGTERM))), ErrorCode::kNotFound);
  const auto deleted = decode<proto::DeleteResponse>(call("Delete", process()));
  EXPECT_EQ(deleted.exit_status(), 7U);
  EXPECT_EQ(deleted.pid(), created.pid());
  EXPECT_GT(deleted.exited_at().seconds(), 1'600'000'000);
  EXPECT_EQ(code_of(call("State", process())), ErrorCode::kNotFound);
  settle();
  EXPECT_EQ(topics_, (std::vector<std::string>{"/tasks/create", "/tasks/start", "/tasks/exit",
                                               "/tasks/delete"}));
}

TEST_F(ServiceTest, ARunningGuestIsKilledByItsSignal) {
  platform_.guest_runs_for_ever = true;
  ASSERT_TRUE(call("Create", create_request()));
  ASSERT_TRUE(call("Start", process()));
  EXPECT_EQ(status(), proto::TASK_RUNNING);
  EXPECT_EQ(code_of(call("Start", process())), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(code_of(call("Delete", process())), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(code_of(call("Create", create_request())), ErrorCode::kAlreadyExists);
  EXPECT_EQ(code_of(call("Kill", signal(4711))), ErrorCode::kInvalidArgument);
  proto::ContainerRequest who;
  who.set_id("box");
  EXPECT_EQ(decode<proto::PidsResponse>(call("Pids", who.SerializeAsString())).processes_size(), 1);
  const auto wait = begin("Wait", process());
  ASSERT_TRUE(call("Kill", signal(SIGTERM)));
  EXPECT_EQ(decode<proto::WaitResponse>(finish(*wait)).exit_status(), 143U);
  // Kept until Delete: a restarted containerd must not take the task for leaked.
  EXPECT_EQ(decode<proto::PidsResponse>(call("Pids", who.SerializeAsString())).processes_size(), 1);
  EXPECT_TRUE(call("Delete", process()));
}

TEST_F(ServiceTest, ACreatedContainerIsDeleted) {
  ASSERT_TRUE(call("Create", create_request()));
  EXPECT_EQ(decode<proto::DeleteResponse>(call("Delete", process())).exit_status(), 137U);
  settle();
  EXPECT_EQ(topics_, (std::vector<std::string>{"/tasks/create", "/tasks/exit", "/tasks/delete"}));
}

TEST_F(ServiceTest, ACreatedContainerIsKilled) {
  ASSERT_TRUE(call("Create", create_request()));
  ASSERT_TRUE(call("Kill", signal(SIGKILL)));
  EXPECT_EQ(decode<proto::WaitResponse>(call("Wait", process())).exit_status(), 137U);
  EXPECT_EQ(code_of(call("Start", process())), ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(call("Delete", process()));
}

TEST_F(ServiceTest, InitsErrorIsCreatesError) {
  platform_.script = FakePlatform::Script::kError;
  const auto created = call("Create", create_request());
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(
      created.error().message.find("step create: process.args[0]: no /guest in the rootfs; hint: "),
      0u)
      << created.error().message;
  settle();
  EXPECT_TRUE(topics_.empty());
  platform_.script = FakePlatform::Script::kReady;
  EXPECT_TRUE(call("Create", create_request())) << "nothing of the failed one is left";
  EXPECT_TRUE(call("Delete", process()));
}

TEST_F(ServiceTest, AnInitThatDiesIsAnError) {
  platform_.script = FakePlatform::Script::kDie;
  const auto created = call("Create", create_request());
  ASSERT_FALSE(created);
  EXPECT_NE(created.error().message.find("ended with status 3 before it was ready"),
            std::string::npos)
      << created.error().message;
}

TEST_F(ServiceTest, ACallerThatGivesUpLeavesNothing) {
  platform_.script = FakePlatform::Script::kHang;
  const auto create = begin("Create", create_request());
  EXPECT_EQ(status(), proto::TASK_UNKNOWN);
  EXPECT_EQ(code_of(call("Start", process())), ErrorCode::kFailedPrecondition);
  create->cancel.emit(asio::cancellation_type::terminal);
  EXPECT_EQ(code_of(finish(*create)), ErrorCode::kUnavailable);
  EXPECT_EQ(code_of(call("State", process())), ErrorCode::kNotFound);
}

TEST_F(ServiceTest, DeleteEndsACreateThatHangs) {
  platform_.script = FakePlatform::Script::kHang;
  const auto create = begin("Create", create_request());
  EXPECT_EQ(code_of(call("Delete", process())), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(finish(*create)), ErrorCode::kInternal);
  EXPECT_TRUE(service_.empty());
}

TEST_F(ServiceTest, KillEndsACreateThatHangs) {
  platform_.script = FakePlatform::Script::kHang;
  const auto create = begin("Create", create_request());
  EXPECT_TRUE(call("Kill", signal(SIGKILL)));
  EXPECT_EQ(code_of(finish(*create)), ErrorCode::kInternal);
  EXPECT_EQ(code_of(call("State", process())), ErrorCode::kNotFound);
}

TEST_F(ServiceTest, KillEndsACreateThatCompiles) {
  platform_.script = FakePlatform::Script::kCompile;
  const auto create = begin("Create", create_request());
  for (int i = 0; i < 100 && platform_.compilations == 0; i++) io_.run_for(5ms);
  ASSERT_EQ(platform_.compilations, 1);
  EXPECT_FALSE(create->answer);
  EXPECT_TRUE(call("Kill", signal(SIGKILL)));
  EXPECT_EQ(code_of(finish(*create)), ErrorCode::kInternal);
}

TEST_F(ServiceTest, OutOfMemoryInCreateLeavesNothing) {
  platform_.out_of_memory = true;
  EXPECT_EQ(code_of(call("Create", create_request())), ErrorCode::kResourceExhausted);
  EXPECT_TRUE(service_.empty());
  EXPECT_TRUE(call("Create", create_request()));
  EXPECT_TRUE(call("Delete", process()));
}

TEST_F(ServiceTest, ABadConfigIsNamed) {
  std::ofstream(bundle_.at("config.json")) << R"({"ociVersion": 7})";
  const auto created = call("Create", create_request());
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(created.error().message.find("config.json: ociVersion"), std::string::npos)
      << created.error().message;
}

TEST_F(ServiceTest, WhatIsNotSupportedSaysSo) {
  proto::CreateRequest terminal;
  terminal.set_id("box");
  terminal.set_bundle(bundle_.path());
  terminal.set_terminal(true);  // config.json has none
  EXPECT_EQ(code_of(call("Create", terminal.SerializeAsString())), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(call("Checkpoint", "")), ErrorCode::kUnimplemented);
}

TEST_F(ServiceTest, AnUpdateSaysWhatIsWrongWithIt) {
  ASSERT_TRUE(call("Create", create_request()));
  const auto message = [&](const char* type, const char* json) {
    proto::UpdateRequest update;
    update.set_id("box");
    update.mutable_resources()->set_type_url(type);
    update.mutable_resources()->set_value(json);
    const auto answer = call("Update", update.SerializeAsString());
    return answer ? std::string("none") : answer.error().message;
  };
  constexpr char kType[] = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources";
  EXPECT_EQ(message(kType, R"({"memory": {"limit": "64m"}})"),
            "Update of container \"box\": linux.resources: memory.limit: expected a whole number, "
            "found string");
  EXPECT_EQ(message(kType, "{"),
            "Update of container \"box\": linux.resources: not valid JSON at "
            "byte 2 of 1");
  EXPECT_EQ(message("windows.Resources", "{}"),
            "Update of container \"box\": resources are of type \"windows.Resources\", and can be "
            "LinuxResources only");
  EXPECT_NE(message(kType, R"({"pids": {"limit": 7}})").find("linux.resources.pids.limit: "),
            std::string::npos);
  EXPECT_EQ(message(kType, "{}"), "none");
  EXPECT_TRUE(call("Delete", process()));
}

TEST_F(ServiceTest, ProcessesBesidesTheFirstDoNotExist) {
  ASSERT_TRUE(call("Create", create_request()));
  for (const char* method : {"Start", "State", "Wait", "Delete"}) {
    EXPECT_EQ(code_of(call(method, process("box", "exec"))), ErrorCode::kNotFound) << method;
  }
  EXPECT_TRUE(call("Delete", process()));
}

TEST_F(ServiceTest, ConnectAlwaysAnswers) {
  proto::ContainerRequest who;
  who.set_id("nobody");
  const auto connected = decode<proto::ConnectResponse>(call("Connect", who.SerializeAsString()));
  EXPECT_EQ(connected.shim_pid(), static_cast<uint32_t>(::getpid()));
  EXPECT_EQ(connected.task_pid(), 0U);
}

TEST_F(ServiceTest, ShutdownWaitsForTheLastContainer) {
  ASSERT_TRUE(call("Create", create_request()));
  EXPECT_TRUE(call("Shutdown", ""));
  EXPECT_FALSE(shut_down_);
  ASSERT_TRUE(call("Delete", process()));
  EXPECT_TRUE(call("Shutdown", ""));
  EXPECT_TRUE(shut_down_);
}

TEST_F(ServiceTest, WhatHappensIsCounted) {
  using metrics::Counter;
  platform_.guest_exit_code = 7;
  ASSERT_TRUE(call("Create", create_request()));
  ASSERT_TRUE(call("Start", process()));
  ASSERT_TRUE(call("Wait", process()));
  ASSERT_TRUE(call("Delete", process()));
  platform_.script = FakePlatform::Script::kError;
  ASSERT_FALSE(call("Create", create_request()));
  settle();
  EXPECT_EQ(platform_.counted(Counter::kCreates), 1u);
  EXPECT_EQ(platform_.counted(Counter::kCreateFailures), 1u);
  EXPECT_EQ(platform_.counted(Counter::kStartsOfNative), 1u);
  EXPECT_EQ(platform_.counted(Counter::kExitsFailure), 1u);
  EXPECT_EQ(platform_.numbers[metrics::place_of(oci::Phase::kCreate, ErrorCode::kNotFound)], 1u);
  const size_t starts = metrics::place_of(metrics::Timing::kStart);
  EXPECT_GT(platform_.numbers[starts + metrics::kBuckets], 0u) << "nanoseconds";
}

TEST_F(ServiceTest, APayloadThatIsNoRequestIsRefused) {
  for (const char* method : {"Create", "Start", "Kill", "Pids", "Shutdown"}) {
    EXPECT_EQ(code_of(call(method, "\xff\xff\xff")), ErrorCode::kInvalidArgument) << method;
  }
}

TEST_F(ServiceTest, BothVersionsHaveTheSameMethods) {
  for (const auto& [name, handler] : methods_) {
    EXPECT_TRUE(methods_.contains({"containerd.task.v3.Task", name.second})) << name.second;
  }
  EXPECT_EQ(methods_.size(), 34U);
}

}  // namespace
}  // namespace wasmedge::task
