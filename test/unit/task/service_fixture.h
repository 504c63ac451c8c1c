#pragma once

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
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "oci/control.h"
#include "runtime/cache/reply.h"
#include "shim/init/protocol.h"
#include "test/unit/temporary_directory.h"

namespace wasmedge::task {
namespace asio = boost::asio;
using init::Control;
using namespace std::chrono_literals;

inline constexpr char kConfig[] = R"({"ociVersion": "1.0.2", "root": {"path": "rootfs"},
  "process": {"args": ["/guest"], "cwd": "/", "user": {"uid": 0, "gid": 0}},
  "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}]}})";

/// A machine without cgroups, whose first process is a child that follows a script.
class FakePlatform : public Platform {
 public:
  /// kStopped: stops itself, and is ready once it gets SIGCONT.
  enum class Script { kReady, kError, kDie, kHang, kCompile, kStopped };
  Script script = Script::kReady;
  int guest_exit_code = 0;
  bool guest_runs_for_ever = false;
  int compilations = 0;
  bool out_of_memory = false;  // at the next launch

  Result<oci::Cgroup> make_cgroup(const std::string& path, const oci::Resources&) override {
    oci::CgroupRoots roots;
    roots.v1.push_back({{"memory"}, "/nonexistent"});
    return oci::Cgroup::at(std::move(roots), path);
  }

  Result<oci::Launched> launch(oci::LaunchRequest) override {
    if (std::exchange(out_of_memory, false)) throw std::bad_alloc();
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
  Result<cache::Compilation> fetch_module(const ImageQuestion&) override {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    const Fd theirs(ends[1]);
    EXPECT_TRUE(cache::send_reply(theirs.get(), {true, ErrorCode::kNotFound, "no module", {}}));
    return cache::Compilation{-1, Fd(ends[0]), "image"};
  }

  Result<std::optional<Fd>> find_artifact(const cache::Key&) override { return std::nullopt; }

  /// A compiler that never answers.
  Result<cache::Compilation> compile(int, const std::string& name, bool) override {
    compilations++;
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    compiler_end_.reset(ends[1]);
    return cache::Compilation{-1, Fd(ends[0]), name};
  }

  Result<LoggerProcess> start_logger(const LoggerUri& logger, const std::string& id) override {
    return start_logger_process(logger, id, "ns");
  }

  metrics::Numbers numbers{};
  void record(const metrics::Tally& tally) override {
    for (const auto& [place, amount] : tally.additions()) numbers[place] += amount;
  }
  uint64_t counted(metrics::Counter counter) const { return numbers[place_of(counter)]; }

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
      case Script::kStopped:
        ::raise(SIGSTOP);
        [[fallthrough]];
      case Script::kReady:
        say(socket, Control::kReady, init::encode({"native", {}, {}, {}}));
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

}  // namespace wasmedge::task
