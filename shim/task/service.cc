#include "shim/task/service.h"

#include <malloc.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <utility>
#include <vector>

#include "oci/phase.h"
#include "shim/init/protocol.h"
#include "shim/rpc/status.h"
#include "shim/task/create.h"
#include "shim/task/exec.h"
#include "shim/task/streams.h"
#include "shim/task/time.h"

namespace wasmedge::task {
namespace asio = boost::asio;
namespace {

/// From here on the coroutine runs to its end, whatever becomes of its caller.
auto finish_regardless() {
  return asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
}

proto::TaskStatus status_of(const Process& process) {
  switch (process.state) {
    case State::kCreating:  // for containerd an executed process is created until it runs
      return process.exec_id.empty() ? proto::TASK_UNKNOWN : proto::TASK_CREATED;
    case State::kCreated:
      return proto::TASK_CREATED;
    case State::kRunning:
      return proto::TASK_RUNNING;
    case State::kPaused:
      return proto::TASK_PAUSED;
    case State::kStopped:
      return proto::TASK_STOPPED;
    default:
      return proto::TASK_UNKNOWN;
  }
}

using metrics::Counter;
using oci::Phase;

tl::unexpected<Error> failure(const Error& error) {
  return tl::unexpected<Error>(error);
}

metrics::Counter outcome_of(const Process& process) {
  constexpr uint32_t kTrap = 134;     // as SIGABRT's
  constexpr uint32_t kSignals = 128;  // and the signal's number
  if (process.exit_status == 0) return Counter::kExitsSuccess;
  if (process.is_module && process.exit_status == kTrap) return Counter::kExitsTrap;
  return process.exit_status > kSignals ? Counter::kExitsSignal : Counter::kExitsFailure;
}

}  // namespace

Service::Service(asio::io_context& io, Platform& platform, Events& events, Children& children,
                 std::function<void()> on_shutdown)
    : io_(io),
      platform_(platform),
      events_(events),
      children_(children),
      on_shutdown_(std::move(on_shutdown)) {}

Result<Service::Shared> Service::find(const std::string& id, Verb verb) const {
  const auto found = containers_.find(id);
  const State state = found == containers_.end() ? State::kAbsent : found->second->state;
  TRY(allow(state, verb, id));
  return found->second;
}

Result<Service::SharedProcess> Service::find_process(const std::string& id,
                                                     const std::string& exec_id, Verb verb) const {
  if (exec_id.empty()) return find(id, verb);
  TRY_ASSIGN(const Shared container, find(id, Verb::kState));
  const auto found = container->execs.find(exec_id);
  const State state = found == container->execs.end() ? State::kAbsent : found->second->state;
  TRY(allow_exec(state, verb, id, exec_id));
  return found->second;
}

ProcessLog Service::log_of(const std::string& id, const std::string& exec_id) const {
  ProcessLog log(id, exec_id);
  const auto found = containers_.find(id);
  if (found != containers_.end() && found->second->log.level()) {
    log.set_level(*found->second->log.level());
  }
  return log;
}

Service::Async<proto::CreateResponse> Service::create(proto::CreateRequest request) {
  const auto found = containers_.find(request.id());
  const State state = found == containers_.end() ? State::kAbsent : found->second->state;
  if (auto allowed = allow(state, Verb::kCreate, request.id()); !allowed) {
    co_return failure(allowed.error());
  }
  const auto container = std::make_shared<Container>(io_, request.id());
  container->bundle = request.bundle();
  container->stdio_paths = {request.stdin(), request.stdout(), request.stderr()};
  container->terminal = request.terminal();
  containers_[request.id()] = container;
  const auto begun = std::chrono::steady_clock::now();

  // Not a temporary in the co_await expression: g++ 12 destroys what such a one captures twice.
  const std::function<void(uint32_t)> ended = [this, container](uint32_t exit_status) {
    on_end(container, exit_status);
  };
  Result<> created;
  try {
    Creation creation(io_, platform_, children_, *container, request);
    created = co_await creation.run(ended);
  } catch (...) {
    created = wrap(rpc::error_of(std::current_exception()),
                   fmt::format("Create of container \"{}\"", request.id()));
  }
  if (created && container->ended) {
    created = fail(ErrorCode::kInternal, "container \"{}\" was killed while it was being created",
                   request.id());
  }
  if (!created && container->cgroup && container->cgroup->oom_kills() > 0) {
    created = fail(ErrorCode::kResourceExhausted,
                   "{}; the kernel killed it for lack of memory: raise the container's limit",
                   created.error().message);
  }
  co_await finish_regardless();
  if (!created) {
    const Error error = oci::explain(oci::in(Phase::kCreate, created.error()));
    container->log.error(oci::phase_of(error), "Create failed: {}", error.message);
    container->tally.count(Counter::kCreateFailures);
    container->tally.failed(error);
    record(*container);
    co_await forget(container);
    settle(*container);
    co_return failure(error);
  }
  container->state = State::kCreated;
  settle(*container);
  container->tally.count(Counter::kCreates);
  container->tally.took(metrics::Timing::kCreate, std::chrono::steady_clock::now() - begun);
  record(*container);
  publish_create(*container, request);
  container->oom = std::make_shared<OomReports>(io_, events_, container->id, *container->cgroup);
  asio::post(io_, [oom = container->oom] {
    OomReports::start(oom);
    ::malloc_trim(0);  // what parsing took is not needed again
  });
  proto::CreateResponse response;
  response.set_pid(static_cast<uint32_t>(container->pid));
  co_return response;
}

void Service::record(Process& process) {
  asio::post(io_, [this, tally = std::exchange(process.tally, {})] { platform_.record(tally); });
}

/// After a failed Create: nothing of the container stays.
Service::Async<proto::Empty> Service::forget(Shared container) {
  if (container->pid != 0) {
    if (auto killed = send_signal(*container, SIGKILL); !killed && !container->ended) {
      container->log.error(Phase::kDelete, "{}", killed.error().message);
    }
    co_await wait_for_end(*container);
  }
  if (auto cleaned = co_await clean_up(io_, *container); !cleaned) {
    container->log.error(Phase::kDelete, "{}", cleaned.error().message);
  }
  co_await close_streams(*container);
  containers_.erase(container->id);
  co_return proto::Empty();
}

void Service::publish_create(const Container& container, const proto::CreateRequest& request) {
  proto::TaskCreate event;
  event.set_container_id(container.id);
  event.set_bundle(container.bundle);
  *event.mutable_rootfs() = request.rootfs();
  event.mutable_io()->set_stdin(request.stdin());
  event.mutable_io()->set_stdout(request.stdout());
  event.mutable_io()->set_stderr(request.stderr());
  event.mutable_io()->set_terminal(request.terminal());
  event.set_pid(static_cast<uint32_t>(container.pid));
  events_.publish(event);
}

Service::Async<proto::StartResponse> Service::start(proto::ProcessRequest request) {
  if (!request.exec_id().empty()) co_return co_await start_exec(std::move(request));
  auto found = find(request.id(), Verb::kStart);
  if (!found) co_return failure(found.error());
  const Shared container = std::move(*found);
  const auto begun = std::chrono::steady_clock::now();
  if (auto sent =
          oci::send_control(container->control.get(), static_cast<uint32_t>(init::Control::kStart));
      !sent) {
    co_return wrap(sent.error(), "Start: the container's process has gone");
  }
  container->control.reset();
  container->state = State::kRunning;
  proto::TaskStart event;
  event.set_container_id(container->id);
  event.set_pid(static_cast<uint32_t>(container->pid));
  events_.publish(event);
  if (!container->hooks.poststart.empty()) {
    container->hook_state.status = "running";
    auto run = oci::start_hooks("poststart", container->hooks.poststart, container->hook_state);
    const Result<> done =
        run ? co_await finish_hooks(io_, std::move(*run)) : Result<>(failure(run.error()));
    if (!done) container->log.warning(Phase::kHooks, "{}", done.error().message);
  }
  container->tally.count(container->is_module ? Counter::kStartsOfWasm : Counter::kStartsOfNative);
  container->tally.took(metrics::Timing::kStart, std::chrono::steady_clock::now() - begun);
  record(*container);
  proto::StartResponse response;
  response.set_pid(static_cast<uint32_t>(container->pid));
  co_return response;
}

/// Ends executed processes; what is to be told of them is told before the container's removal.
asio::awaitable<void> Service::end_execs(const Container& container) {
  const auto execs = container.execs;  // a Delete may take one out meanwhile
  for (const auto& [exec_id, process] : execs) {
    if (process->pid == 0 && !process->ended) end(*process, kNoStatus);  // never started
    if (process->ended) continue;
    [[maybe_unused]] const auto killed = send_signal(*process, SIGKILL);  // or it has ended
    co_await wait_for_end(*process);
  }
}

void Service::on_end(const Shared& container, uint32_t exit_status) {
  end(*container, exit_status);
  if (container->state == State::kCreating) return;  // create() sees it
  container->state = State::kStopped;
  if (!container->own_pids) {
    if (auto killed = container->cgroup->kill_all(); !killed) {
      container->log.warning(Phase::kRun, "{}", killed.error().message);
    }
  }
  container->oom->finish();
  container->log.info(Phase::kRun, "ended with status {}", exit_status);
  container->tally.count(outcome_of(*container));
  record(*container);
  // Its exit is the last one: with a pid namespace of its own the others have ended by now.
  container->exit_held = container->has_running_execs();
  if (!container->exit_held) publish_exit(*container);
}

void Service::publish_exit(const Process& process) {
  proto::TaskExit event;
  event.set_container_id(process.id);
  event.set_id(process.exec_id.empty() ? process.id : process.exec_id);
  event.set_pid(static_cast<uint32_t>(process.pid));
  event.set_exit_status(process.exit_status);
  set_time(*event.mutable_exited_at(), process.exited_at);
  events_.publish(event);
}

Service::Async<proto::StateResponse> Service::state(proto::ProcessRequest request) {
  const auto container = find(request.id(), Verb::kState);
  if (!container) co_return failure(container.error());
  const auto found = find_process(request.id(), request.exec_id(), Verb::kState);
  if (!found) co_return failure(found.error());
  const Process& process = **found;
  const bool paused = process.state == State::kRunning && (*container)->state == State::kPaused;
  proto::StateResponse response;
  response.set_id(process.id);
  response.set_exec_id(process.exec_id);
  response.set_bundle((*container)->bundle);
  response.set_pid(static_cast<uint32_t>(process.pid));
  response.set_status(paused ? proto::TASK_PAUSED : status_of(process));
  response.set_stdin(process.stdio_paths.in);
  response.set_stdout(process.stdio_paths.out);
  response.set_stderr(process.stdio_paths.err);
  response.set_terminal(process.terminal);
  if (process.ended) {
    response.set_exit_status(process.exit_status);
    set_time(*response.mutable_exited_at(), process.exited_at);
  }
  co_return response;
}

Service::Async<proto::WaitResponse> Service::wait(proto::ProcessRequest request) {
  auto found = find_process(request.id(), request.exec_id(), Verb::kWait);
  if (!found) co_return failure(found.error());
  const SharedProcess process = std::move(*found);
  co_await wait_for_end(*process);
  proto::WaitResponse response;
  response.set_exit_status(process->exit_status);
  set_time(*response.mutable_exited_at(), process->exited_at);
  co_return response;
}

Service::Async<proto::DeleteResponse> Service::remove(proto::ProcessRequest request) {
  if (!request.exec_id().empty()) co_return co_await remove_exec(std::move(request));
  co_await finish_regardless();
  auto found = find(request.id(), Verb::kDelete);
  if (!found) co_return failure(found.error());
  const Shared container = std::move(*found);
  if (container->state == State::kCreating || container->state == State::kCreated) {
    // One that has no process yet, or none any more, needs no signal.
    if (auto killed = send_signal(*container, SIGKILL);
        !killed && killed.error().code != ErrorCode::kNotFound) {
      co_return failure(killed.error());
    }
    co_await wait_for_settled(*container);
    if (container->pid != 0) co_await wait_for_end(*container);
    // A killed Create leaves nothing to delete, and its id to the next Create; another Delete may
    // have been faster.
    auto again = find(request.id(), Verb::kDelete);
    if (again && *again != container) {
      again = tl::unexpected<Error>(allow(State::kAbsent, Verb::kDelete, request.id()).error());
    }
    if (!again) co_return failure(again.error());
  }
  container->state = State::kDeleting;
  if (auto cleaned = co_await clean_up(io_, *container); !cleaned) {
    container->state = State::kStopped;
    co_return failure(cleaned.error());
  }
  co_await end_execs(*container);
  co_await close_streams(*container);
  proto::TaskDelete event;
  event.set_container_id(container->id);
  event.set_pid(static_cast<uint32_t>(container->pid));
  event.set_exit_status(container->exit_status);
  set_time(*event.mutable_exited_at(), container->exited_at);
  events_.publish(event);
  containers_.erase(container->id);

  proto::DeleteResponse response;
  response.set_pid(static_cast<uint32_t>(container->pid));
  response.set_exit_status(container->exit_status);
  set_time(*response.mutable_exited_at(), container->exited_at);
  co_return response;
}

Service::Async<proto::Empty> Service::kill(proto::KillRequest request) {
  const auto found = find_process(request.id(), request.exec_id(), Verb::kKill);
  if (!found) co_return failure(found.error());
  const Process& process = **found;
  if (process.pid == 0) {
    co_return fail(ErrorCode::kFailedPrecondition, "Kill: {} has no process yet; try again",
                   process.name());
  }
  const int signal = static_cast<int>(request.signal());
  if (auto sent = send_signal(process, signal); !sent) co_return failure(sent.error());
  const Container& container = *containers_.at(request.id());
  if (signal == SIGKILL && process.exec_id.empty()) {
    // A paused one: with version 1 of control groups it does not even die.
    if (auto thawed = container.cgroup->set_frozen(false); !thawed) {
      co_return failure(thawed.error());
    }
  }
  if (request.all()) {
    const auto pids = container.cgroup->pids();
    for (const pid_t pid : pids.value_or(std::vector<pid_t>())) {
      if (pid != process.pid) ::kill(pid, signal);  // one that has just ended needs no signal
    }
  }
  co_return proto::Empty();
}

Service::Async<proto::Empty> Service::close_io(proto::CloseIORequest request) {
  const auto found = find_process(request.id(), request.exec_id(), Verb::kCloseIO);
  if (!found) co_return failure(found.error());
  if (request.stdin()) (*found)->stdio.close_stdin();
  co_return proto::Empty();
}

/// A process without a terminal has no size to change.
Service::Async<proto::Empty> Service::resize_pty(proto::ResizePtyRequest request) {
  const auto found = find_process(request.id(), request.exec_id(), Verb::kResizePty);
  if (!found) co_return failure(found.error());
  if (!(*found)->console) co_return proto::Empty();
  if (auto resized = (*found)->console->resize(request.width(), request.height()); !resized) {
    co_return wrap(resized.error(), fmt::format("ResizePty of {}", (*found)->name()));
  }
  co_return proto::Empty();
}

Service::Async<proto::ConnectResponse> Service::connect(proto::ContainerRequest request) {
  proto::ConnectResponse response;
  response.set_shim_pid(static_cast<uint32_t>(::getpid()));
  const auto found = containers_.find(request.id());
  if (found != containers_.end()) {
    response.set_task_pid(static_cast<uint32_t>(found->second->pid));
  }
  co_return response;
}

Service::Async<proto::Empty> Service::shutdown(proto::ShutdownRequest) {
  if (containers_.empty()) on_shutdown_();
  co_return proto::Empty();
}

}  // namespace wasmedge::task
