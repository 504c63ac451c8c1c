#include <chrono>
#include <utility>

#include "shim/task/service.h"

namespace wasmedge::task {
namespace asio = boost::asio;
namespace {

template <typename Request>
std::string exec_of(const Request& request) {
  if constexpr (requires { request.exec_id(); }) return request.exec_id();
  return {};
}

oci::Phase phase_of_call(std::string_view name, bool of_exec) {
  if (of_exec) return oci::Phase::kExec;
  if (name == "Create") return oci::Phase::kCreate;
  if (name == "Start") return oci::Phase::kStart;
  return name == "Delete" ? oci::Phase::kDelete : oci::Phase::kRun;
}

/// A member function on messages as a handler of bytes.
template <typename Request, typename Answer>
rpc::Handler handler(Service& service, std::string name,
                     asio::awaitable<Result<Answer>> (Service::*call)(Request)) {
  return [&service, name = std::move(name),
          call](std::string payload) -> asio::awaitable<Result<std::string>> {
    Request request;
    if (!request.ParseFromString(payload)) {
      co_return fail(ErrorCode::kInvalidArgument, "{}: the payload of {} bytes is not its request",
                     name, payload.size());
    }
    using Clock = std::chrono::steady_clock;
    const Clock::time_point begun = Clock::now();
    const std::string id = request.id(), exec_id = exec_of(request);
    ProcessLog log = service.log_of(id, exec_id);
    const Result<Answer> answer = co_await (service.*call)(std::move(request));
    if (name == "Create") log = service.log_of(id, exec_id);  // its level is known only now
    const std::chrono::duration<double, std::milli> took = Clock::now() - begun;
    log.debug(phase_of_call(name, !exec_id.empty()), "{} took {:.2f} ms: {}", name, took.count(),
              answer ? "done" : answer.error().message);
    if (!answer) co_return tl::unexpected<Error>(answer.error());
    co_return answer->SerializeAsString();
  };
}

rpc::Handler unimplemented(std::string what) {
  return [what = std::move(what)](std::string) -> asio::awaitable<Result<std::string>> {
    co_return fail(ErrorCode::kUnimplemented, "this shim does not {}", what);
  };
}

}  // namespace

rpc::Methods Service::methods() {
  rpc::Methods methods;
  for (const char* service : {"containerd.task.v2.Task", "containerd.task.v3.Task"}) {
    const auto add = [&](const char* name, auto call) {
      methods[{service, name}] = handler(*this, name, call);
    };
    add("Create", &Service::create);
    add("Start", &Service::start);
    add("Exec", &Service::exec);
    add("State", &Service::state);
    add("Wait", &Service::wait);
    add("Kill", &Service::kill);
    add("Delete", &Service::remove);
    add("Pids", &Service::pids);
    add("CloseIO", &Service::close_io);
    add("ResizePty", &Service::resize_pty);
    add("Stats", &Service::stats);
    add("Pause", &Service::pause);
    add("Resume", &Service::resume);
    add("Update", &Service::update);
    add("Connect", &Service::connect);
    add("Shutdown", &Service::shutdown);
    methods[{service, "Checkpoint"}] = unimplemented("take checkpoints");
  }
  return methods;
}

}  // namespace wasmedge::task
