#include "test/unit/task/random_calls.h"

#include <array>
#include <boost/asio/post.hpp>
#include <list>
#include <map>
#include <set>

#include "test/unit/task/service_fixture.h"

namespace wasmedge::task {
namespace {

constexpr std::array kIds = {"a", "b", "c"};
constexpr std::array kExecs = {"x", "y"};

/// What the choices have not got any more is 0.
class Choices {
 public:
  explicit Choices(std::span<const uint8_t> bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  size_t below(size_t count) {
    if (rest_.empty()) return 0;
    const size_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte % count;
  }

 private:
  std::span<const uint8_t> rest_;
};

/// Each process follows another script.
class RandomPlatform : public FakePlatform {
 public:
  explicit RandomPlatform(Choices& choices) : choices_(choices) {}
  Result<oci::Launched> launch(oci::LaunchRequest request) override {
    using enum Script;
    constexpr std::array kScripts = {kReady, kReady, kReady, kReady, kReady,
                                     kReady, kError, kDie,   kHang,  kCompile};
    script = kScripts[choices_.below(kScripts.size())];
    guest_runs_for_ever = choices_.below(3) != 0;
    return FakePlatform::launch(std::move(request));
  }

 private:
  Choices& choices_;
};

/// The contract of a container's events: what may come when.
class EventOrder {
 public:
  void take(const std::string& topic, const std::string& container, const std::string& process) {
    Life& life = lives_[container];
    const std::string what = fmt::format("{} of {} {}", topic, container, process);
    const bool exec = process != container && !process.empty();
    bool right = life.alive && !life.ended;
    if (topic == "/tasks/create") {
      right = !life.alive;
      life = {.alive = true};
    } else if (topic == "/tasks/start") {
      right = right && !life.started;
      life.started = true;
    } else if (topic == "/tasks/exec-added") {
      life.added.insert(process);
    } else if (topic == "/tasks/exec-started") {
      right = right && life.added.contains(process) && life.running.insert(process).second;
    } else if (topic == "/tasks/exit" && exec) {
      right = right && life.running.erase(process) == 1;
    } else if (topic == "/tasks/exit") {
      right = right && life.running.empty();
      life.ended = true;
    } else if (topic == "/tasks/delete") {
      right = life.alive && life.ended;
      life = {};
    } else {
      right = false;
    }
    if (!right && wrong_.empty()) wrong_ = what + " is out of order, after" + told_;
    told_ += "; " + what;
  }

  std::string verdict() const {
    if (!wrong_.empty()) return wrong_;
    for (const auto& [id, life] : lives_) {
      if (life.alive) return fmt::format("the removal of {} was not told:{}", id, told_);
    }
    return {};
  }

 private:
  struct Life {
    bool alive = false, started = false, ended = false;
    std::set<std::string> added{}, running{};
  };
  std::map<std::string, Life> lives_;
  std::string wrong_;
  std::string told_;
};

class Run {
 public:
  explicit Run(std::span<const uint8_t> bytes)
      : choices_(bytes),
        platform_(choices_),
        children_(io_),
        events_(io_, "ns", [this](std::string request) { return forward(std::move(request)); }),
        service_(io_, platform_, events_, children_, [] {}),
        methods_(service_.methods()) {
    std::ofstream(bundle_.at("config.json")) << kConfig;
  }

  std::string verdict() {
    while (!choices_.empty()) step();
    if (auto wrong = end_all(); !wrong.empty()) return wrong;
    return order_.verdict();
  }

 private:
  struct Pending {
    std::string what;
    bool answered = false;
    std::optional<ErrorCode> error;
    asio::cancellation_signal cancel;
  };

  asio::awaitable<Result<>> forward(std::string request) {
    proto::ForwardRequest decoded;
    decoded.ParseFromString(request);
    const std::string& topic = decoded.envelope().topic();
    const std::string& value = decoded.envelope().event().value();
    // Fields 1 and 2 of these are the container's id and the process's.
    proto::TaskExecAdded event;
    if (topic == "/tasks/exec-started") {
      proto::TaskExecStarted started;
      started.ParseFromString(value);
      event.set_container_id(started.container_id());
      event.set_exec_id(started.exec_id());
    } else if (topic == "/tasks/exit") {
      proto::TaskExit exit;
      exit.ParseFromString(value);
      event.set_container_id(exit.container_id());
      event.set_exec_id(exit.id());
    } else if (topic == "/tasks/exec-added") {
      event.ParseFromString(value);
    } else {
      proto::TaskOOM any;  // the others have the container's id first too
      any.ParseFromString(value);
      event.set_container_id(any.container_id());
    }
    order_.take(topic, event.container_id(), event.exec_id());
    co_return Result<>();
  }

  /// In the loop, as the server does.
  static void give_up(Pending& pending) {
    if (!pending.answered) pending.cancel.emit(asio::cancellation_type::terminal);
  }

  std::shared_ptr<Pending> begin(const std::string& method, const std::string& payload) {
    auto pending = std::make_shared<Pending>();
    pending->what = method;
    asio::co_spawn(io_, methods_.at({"containerd.task.v2.Task", method})(payload),
                   asio::bind_cancellation_slot(
                       pending->cancel.slot(),
                       [pending](const std::exception_ptr&, const Result<std::string>& answer) {
                         pending->answered = true;
                         if (!answer) pending->error = answer.error().code;
                       }));
    pending_.push_back(pending);
    return pending;
  }

  std::string process(const std::string& id, const std::string& exec) {
    proto::ProcessRequest request;
    request.set_id(id);
    request.set_exec_id(exec);
    return request.SerializeAsString();
  }
  std::string kill(const std::string& id, const std::string& exec, int signal) {
    proto::KillRequest request;
    request.set_id(id);
    request.set_exec_id(exec);
    request.set_signal(static_cast<uint32_t>(signal));
    request.set_all(choices_.below(2) == 1);
    return request.SerializeAsString();
  }
  std::string create(const std::string& id) {
    proto::CreateRequest request;
    request.set_id(id);
    request.set_bundle(bundle_.path());
    return request.SerializeAsString();
  }
  static std::string exec(const std::string& id, const std::string& exec_id) {
    proto::ExecRequest request;
    request.set_id(id);
    request.set_exec_id(exec_id);
    request.mutable_spec()->set_type_url("runtime-spec/1/Process");
    request.mutable_spec()->set_value(R"({"args": ["/guest"], "cwd": "/"})");
    return request.SerializeAsString();
  }

  void step() {
    const std::string id = kIds[choices_.below(kIds.size())];
    const std::string exec_id = kExecs[choices_.below(kExecs.size())];
    const std::string either = choices_.below(2) == 0 ? std::string() : exec_id;
    switch (choices_.below(20)) {
      case 0:
      case 1:
      case 2:
        begin("Create", create(id));
        break;
      case 3:
      case 4:
      case 5:
        begin("Start", process(id, either));
        break;
      case 6:
      case 7:
        begin("Exec", exec(id, exec_id));
        break;
      case 8:
        begin("Kill", kill(id, either, SIGKILL));
        break;
      case 9:
        begin("Kill", kill(id, either, choices_.below(2) == 0 ? SIGTERM : 4711));
        break;
      case 10:
      case 11:
        begin("Delete", process(id, either));
        break;
      case 12:
        begin("Wait", process(id, either));
        break;
      case 13: {
        constexpr std::array kOthers = {"Pids", "Stats", "Pause", "Resume", "Connect", "Update"};
        proto::ContainerRequest request;
        request.set_id(id);
        begin(kOthers[choices_.below(kOthers.size())], request.SerializeAsString());
        break;
      }
      case 14: {
        constexpr std::array kOthers = {"State", "CloseIO", "ResizePty"};
        begin(kOthers[choices_.below(kOthers.size())], process(id, either));
        break;
      }
      case 15:  // a caller gives up
        for (const auto& pending : pending_) {
          if (choices_.below(4) == 0) asio::post(io_, [pending] { give_up(*pending); });
        }
        break;
      case 16:
        io_.run_for(1ms);
        break;
      default:
        io_.poll();
    }
    pending_.remove_if([](const auto& each) { return each->answered; });
  }

  bool answered(const Pending& pending) {
    for (int i = 0; i < 4000 && !pending.answered; i++) io_.run_for(1ms);
    return pending.answered;
  }

  std::string end_all() {
    for (const std::string id : kIds) {
      begin("Kill", kill(id, {}, SIGKILL));
      // What is being created cannot be deleted before it is; another Delete may be at work.
      for (int attempt = 0;; attempt++) {
        const auto deleted = begin("Delete", process(id, {}));
        if (!answered(*deleted)) return fmt::format("Delete of {} hangs", id);
        if (!deleted->error || *deleted->error == ErrorCode::kNotFound) break;
        if (attempt == 4000) return fmt::format("{} cannot be deleted", id);
        io_.run_for(1ms);
        begin("Kill", kill(id, {}, SIGKILL));
      }
    }
    for (const auto& pending : pending_) {
      if (!answered(*pending)) return pending->what + " was not answered";
    }
    io_.poll();
    return service_.empty() ? std::string() : "a container is left";
  }

  test::TemporaryDirectory bundle_;
  asio::io_context io_{1};
  Choices choices_;
  EventOrder order_;
  RandomPlatform platform_;
  Children children_;
  Events events_;
  Service service_;
  rpc::Methods methods_;
  std::list<std::shared_ptr<Pending>> pending_;
};

}  // namespace

std::string random_calls(std::span<const uint8_t> choices) {
  return Run(choices).verdict();
}

}  // namespace wasmedge::task
