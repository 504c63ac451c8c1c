#include <boost/asio/this_coro.hpp>
#include <csignal>
#include <exception>
#include <utility>

#include "oci/phase.h"
#include "shim/init/protocol.h"
#include "shim/rpc/status.h"
#include "shim/task/exec.h"
#include "shim/task/service.h"
#include "shim/task/streams.h"
#include "shim/task/time.h"

/// The calls on executed processes that differ from those on a container's first one.
namespace wasmedge::task {
namespace asio = boost::asio;
Service::Async<proto::Empty> Service::exec(proto::ExecRequest request) {
  auto found = find(request.id(), Verb::kExec);
  if (!found) co_return tl::unexpected<Error>(found.error());
  const Shared container = std::move(*found);
  if (request.exec_id().empty()) {
    co_return fail(ErrorCode::kInvalidArgument, "Exec in container \"{}\": exec_id is empty",
                   container->id);
  }
  const State state =
      container->execs.contains(request.exec_id()) ? State::kCreated : State::kAbsent;
  if (auto allowed = allow_exec(state, Verb::kExec, container->id, request.exec_id()); !allowed) {
    co_return tl::unexpected<Error>(allowed.error());
  }
  auto process = add_process(io_, *container, request);
  if (!process) {
    co_return wrap(process.error(), fmt::format("Exec in container \"{}\"", container->id));
  }
  container->execs[request.exec_id()] = *process;
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  auto opened = co_await open_streams(io_, platform_, children_, **process);
  // Meanwhile the container may have ended.
  if (opened) opened = allow(container->state, Verb::kExec, container->id);
  if (!opened) {
    co_await close_streams(**process);
    container->execs.erase(request.exec_id());
    co_return wrap(opened.error(), fmt::format("Exec in container \"{}\"", container->id));
  }
  (*process)->state = State::kCreated;
  proto::TaskExecAdded event;
  event.set_container_id(container->id);
  event.set_exec_id(request.exec_id());
  events_.publish(event);
  co_return proto::Empty();
}

Service::Async<proto::StartResponse> Service::start_exec(proto::ProcessRequest request) {
  auto found = find_process(request.id(), request.exec_id(), Verb::kStart);
  if (!found) co_return tl::unexpected<Error>(found.error());
  const SharedProcess process = std::move(*found);
  const Shared container = containers_.at(request.id());
  // It may have been stopped or paused since Exec.
  if (auto allowed = allow(container->state, Verb::kExec, container->id); !allowed) {
    co_return tl::unexpected<Error>(allowed.error());
  }
  process->state = State::kCreating;
  const std::function<void(uint32_t)> ended = [this, container, process](uint32_t exit_status) {
    end(*process, exit_status);
    on_exec_end(container, process);
  };
  Result<> started;
  try {
    started = co_await launch_process(io_, platform_, children_, *container, *process, ended);
  } catch (...) {
    started =
        wrap(rpc::error_of(std::current_exception()), fmt::format("Start of {}", process->name()));
  }
  // Its exit may have been told, and has to be the last.
  if (started && (process->ended || container->ended)) {
    started = fail(ErrorCode::kInternal, "Start of {}: it was killed meanwhile", process->name());
  }
  if (started) {
    started =
        oci::send_control(process->control.get(), static_cast<uint32_t>(init::Control::kStart));
  }
  process->control.reset();
  if (!started) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (process->pid != 0 && !process->ended) {
      [[maybe_unused]] const auto killed = send_signal(*process, SIGKILL);  // or it has ended
      co_await wait_for_end(*process);
    }
    end(*process, kNoStatus);
    process->state = State::kStopped;
    const Error error = oci::explain(oci::in(oci::Phase::kExec, started.error()));
    process->log.error(oci::phase_of(error), "Start failed: {}", error.message);
    process->tally.count(metrics::Counter::kExecFailures);
    record(*process);
    co_return tl::unexpected<Error>(error);
  }
  process->state = State::kRunning;
  process->tally.count(metrics::Counter::kExecs);
  record(*process);
  proto::TaskExecStarted event;
  event.set_container_id(container->id);
  event.set_exec_id(process->exec_id);
  event.set_pid(static_cast<uint32_t>(process->pid));
  events_.publish(event);
  proto::StartResponse response;
  response.set_pid(static_cast<uint32_t>(process->pid));
  co_return response;
}

void Service::on_exec_end(const Shared& container, const SharedProcess& process) {
  if (process->state != State::kRunning) return;  // start_exec() sees it
  process->state = State::kStopped;
  publish_exit(*process);
  if (container->exit_held && !container->has_running_execs()) {
    container->exit_held = false;
    publish_exit(*container);
  }
}

/// containerd is told of a container's removal alone.
Service::Async<proto::DeleteResponse> Service::remove_exec(proto::ProcessRequest request) {
  auto found = find_process(request.id(), request.exec_id(), Verb::kDelete);
  if (!found) co_return tl::unexpected<Error>(found.error());
  const SharedProcess process = std::move(*found);
  const Shared container = containers_.at(request.id());
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (!process->ended) end(*process, kNoStatus);  // never started
  process->state = State::kDeleting;
  co_await close_streams(*process);
  container->execs.erase(request.exec_id());
  proto::DeleteResponse response;
  response.set_pid(static_cast<uint32_t>(process->pid));
  response.set_exit_status(process->exit_status);
  set_time(*response.mutable_exited_at(), process->exited_at);
  co_return response;
}

}  // namespace wasmedge::task
