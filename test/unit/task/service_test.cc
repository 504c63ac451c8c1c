#include "shim/task/service.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <fstream>
#include <optional>
#include <vector>

#include "oci/control.h"
#include "runtime/cache/reply.h"
#include "shim/init/protocol.h"
#include "test/unit/temporary_directory.h"

namespace wasmedge::task {
namespace {

namespace asio = boost::asio;
using init::Control;
using namespace std::chrono_literals;

constexpr char kConfig[] = R"({"ociVersion": "1.0.2", "root": {"path": "rootfs"},
  "process": {"args": ["/guest"], "cwd": "/", "user": {"uid": 0, "gid": 0}},
  "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}]}})";

/// A machine without cgroups, whose first process is a child that follows a script.
class FakePlatform : public Platform {
 public:
  enum class Script { kReady, kError, kDie, kHang, kCompile };
  Script script = Script::kReady;
  int guest_exit_code = 0;
  bool guest_runs_for_ever = false;
  int compilations = 0;

  Result<oci::Cgroup> make_cgroup(const std::string& path, const oci::Resources&) override {
    oci::CgroupRoots roots;
    roots.v1.push_back({{"memory"}, "/nonexistent"});
    return oci::Cgroup::at(std::move(roots), path);
  }

  Result<oci::Launched> launch(oci::LaunchRequest) override {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that fails leaves nothing
      ::close(ends[0]);
      play(ends[1]);
    }
    ::close(ends[1]);
    return oci::Launched{pid, Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))), Fd(ends[0])};
  }

  /// Every image is an ordinary one.
  Result<cache::Compilation> fetch_module(const std::string&, const std::string&) override {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    const Fd theirs(ends[1]);
    EXPECT_TRUE(cache::send_reply(theirs.get(), {true, ErrorCode::kNotFound, "no module", {}}));
    return cache::Compilation{-1, Fd(ends[0]), "image"};
  }

  /// A compiler that never answers.
  Result<cache::Compilation> compile(int, const std::string& name, bool) override {
    compilations++;
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    compiler_end_.reset(ends[1]);
    return cache::Compilation{-1, Fd(ends[0]), name};
  }

 private:
  static void say(int socket, Control kind, std::string_view payload = {}) {
    if (!oci::send_control(socket, static_cast<uint32_t>(kind), payload)) ::_exit(99);
  }

  [[noreturn]] void play(int socket) const {
    switch (script) {
      case Script::kError:
        say(socket, Control::kError,
            oci::encode_error({ErrorCode::kNotFound, "process.args[0]: no /guest in the rootfs"}));
        ::_exit(1);
      case Script::kDie:
        ::_exit(3);
      case Script::kHang:
        for (;;) ::pause();
      case Script::kCompile:
        if (!oci::send_control(socket, static_cast<uint32_t>(Control::kCompile), "guest", 0))
          ::_exit(99);
        break;
      case Script::kReady:
        say(socket, Control::kReady, "native");
        break;
    }
    const auto start = oci::receive_control(socket);
    if (!start || !*start) ::_exit(98);  // the shim closed its end
    while (guest_runs_for_ever) ::pause();
    ::_exit(guest_exit_code);
  }
  Fd compiler_end_;
};

class ServiceTest : public testing::Test {
 protected:
  ServiceTest()
      : children_(io_),
        events_(io_, "ns", [this](std::string request) { return forward(std::move(request)); }),
        service_(io_, platform_, events_, children_, [this] { shut_down_ = true; }),
        methods_(service_.methods()) {
    std::ofstream(bundle_.at("config.json")) << kConfig;
  }

  asio::awaitable<Result<>> forward(std::string request) {
    proto::ForwardRequest decoded;
    EXPECT_TRUE(decoded.ParseFromString(request));
    topics_.push_back(decoded.envelope().topic());
    proto::TaskExit exit;
    if (topics_.back() == "/tasks/exit" &&
        exit.ParseFromString(decoded.envelope().event().value())) {
      exits_.push_back(exit.id());
    }
    co_return Result<>();
  }

  struct Pending {
    std::optional<Result<std::string>> answer;
    asio::cancellation_signal cancel;
  };
  /// Begins a call; it goes on whenever the loop runs.
  std::shared_ptr<Pending> begin(const std::string& method, const std::string& payload) {
    auto pending = std::make_shared<Pending>();
    asio::co_spawn(io_, methods_.at({"containerd.task.v2.Task", method})(payload),
                   asio::bind_cancellation_slot(
                       pending->cancel.slot(),
                       [pending](const std::exception_ptr& exception, Result<std::string> answer) {
                         if (exception) answer = fail(ErrorCode::kUnavailable, "exception");
                         pending->answer = std::move(answer);
                       }));
    io_.run_for(1ms);
    return pending;
  }
  /// Calls and runs the loop until there is an answer.
  Result<std::string> call(const std::string& method, const std::string& payload) {
    const auto pending = begin(method, payload);
    return finish(*pending);
  }
  Result<std::string> finish(Pending& pending) {
    for (int i = 0; i < 400 && !pending.answer; i++) io_.run_for(5ms);
    if (!pending.answer) return fail(ErrorCode::kInternal, "the call hangs");
    return *pending.answer;
  }

  std::string create_request(const std::string& id = "box") const {
    proto::CreateRequest request;
    request.set_id(id);
    request.set_bundle(bundle_.path());
    return request.SerializeAsString();
  }
  static std::string process(const std::string& id = "box", const std::string& exec = {}) {
    proto::ProcessRequest request;
    request.set_id(id);
    request.set_exec_id(exec);
    return request.SerializeAsString();
  }
  static std::string exec_request(const std::string& exec) {
    proto::ExecRequest request;
    request.set_id("box");
    request.set_exec_id(exec);
    request.mutable_spec()->set_type_url(
        "types.containerd.io/opencontainers/runtime-spec/1/Process");
    request.mutable_spec()->set_value(R"({"args": ["/guest"], "cwd": "/"})");
    return request.SerializeAsString();
  }
  static std::string signal(int number, const std::string& exec = {}) {
    proto::KillRequest request;
    request.set_id("box");
    request.set_exec_id(exec);
    request.set_signal(static_cast<uint32_t>(number));
    return request.SerializeAsString();
  }
  template <typename Answer>
  static Answer decode(const Result<std::string>& bytes) {
    Answer answer;
    EXPECT_TRUE(bytes) << bytes.error().message;
    if (bytes) {
      EXPECT_TRUE(answer.ParseFromString(*bytes));
    }
    return answer;
  }
  proto::TaskStatus status() {
    return decode<proto::StateResponse>(call("State", process())).status();
  }
  ErrorCode code_of(const Result<std::string>& answer) {
    EXPECT_FALSE(answer);
    return answer ? ErrorCode::kInternal : answer.error().code;
  }
  void settle() { io_.run_for(50ms); }

  test::TemporaryDirectory bundle_;
  asio::io_context io_{1};
  std::vector<std::string> topics_;
  std::vector<std::string> exits_;  // ids of processes
  bool shut_down_ = false;
  FakePlatform platform_;
  Children children_;
  Events events_;
  Service service_;
  rpc::Methods methods_;
};

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
  EXPECT_EQ(created.error().message, "process.args[0]: no /guest in the rootfs");
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
  terminal.set_terminal(true);
  EXPECT_EQ(code_of(call("Create", terminal.SerializeAsString())), ErrorCode::kUnimplemented);
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
