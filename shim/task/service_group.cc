#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>
#include <vector>

#include "runtime/base/quote.h"
#include "shim/task/service.h"
#include "shim/task/stats.h"

/// The calls on a container's control group.
namespace wasmedge::task {
namespace asio = boost::asio;
namespace {

void add_process_info(proto::PidsResponse& response, const Container& container, pid_t pid) {
  proto::ProcessInfo& info = *response.add_processes();
  info.set_pid(static_cast<uint32_t>(pid));
  for (const auto& [exec_id, process] : container.execs) {
    if (process->pid != pid || process->ended) continue;
    proto::ProcessDetails details;
    details.set_exec_id(exec_id);
    info.mutable_info()->set_type_url("containerd.runc.v1.ProcessDetails");
    info.mutable_info()->set_value(details.SerializeAsString());
  }
}

tl::unexpected<Error> failure(const Error& error) {
  return tl::unexpected<Error>(error);
}

}  // namespace

/// Never empty: an empty list makes containerd drop the task after its own restart.
Service::Async<proto::PidsResponse> Service::pids(proto::ContainerRequest request) {
  const auto found = find(request.id(), Verb::kPids);
  if (!found) co_return failure(found.error());
  const Container& container = **found;
  std::vector<pid_t> pids = container.cgroup->pids().value_or(std::vector<pid_t>());
  if (std::find(pids.begin(), pids.end(), container.pid) == pids.end()) {
    pids.insert(pids.begin(), container.pid);
  }
  proto::PidsResponse response;
  for (const pid_t pid : pids) add_process_info(response, container, pid);
  co_return response;
}

Service::Async<proto::StatsResponse> Service::stats(proto::ContainerRequest request) {
  const auto found = find(request.id(), Verb::kStats);
  if (!found) co_return failure(found.error());
  const auto figures = (*found)->cgroup->figures();
  if (!figures) co_return failure(figures.error());
  proto::StatsResponse response;
  *response.mutable_stats() = metrics_of(*figures);
  co_return response;
}

Service::Async<proto::Empty> Service::pause(proto::ContainerRequest request) {
  auto found = find(request.id(), Verb::kPause);
  if (!found) co_return failure(found.error());
  const Shared container = std::move(*found);
  // To its end, whatever becomes of the caller.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const Result<> paused = co_await freeze(io_, *container);
  if (container->ended) co_return proto::Empty();  // as if it had ended right after
  if (!paused) co_return failure(paused.error());
  if (auto still = allow(container->state, Verb::kPause, container->id); !still) {
    co_return failure(still.error());  // another Pause was faster
  }
  container->state = State::kPaused;
  proto::TaskPaused event;
  event.set_container_id(container->id);
  events_.publish(event);
  co_return proto::Empty();
}

Service::Async<proto::Empty> Service::resume(proto::ContainerRequest request) {
  auto found = find(request.id(), Verb::kResume);
  if (!found) co_return failure(found.error());
  Container& container = **found;
  if (auto thawed = container.cgroup->set_frozen(false); !thawed) {
    co_return wrap(thawed.error(), fmt::format("Resume of container \"{}\"", container.id));
  }
  container.state = State::kRunning;
  proto::TaskResumed event;
  event.set_container_id(container.id);
  events_.publish(event);
  co_return proto::Empty();
}

Service::Async<proto::Empty> Service::update(proto::UpdateRequest request) {
  const auto found = find(request.id(), Verb::kUpdate);
  if (!found) co_return failure(found.error());
  const std::string what = fmt::format("Update of container \"{}\"", request.id());
  const proto::Any& resources = request.resources();
  if (!resources.type_url().ends_with("/LinuxResources")) {
    co_return fail(ErrorCode::kInvalidArgument,
                   "{}: resources are of type {}, and can be LinuxResources only", what,
                   quote(resources.type_url()));
  }
  const auto parsed = oci::parse_resources(resources.value());
  if (!parsed) co_return wrap(parsed.error(), what);
  if (auto updated = (*found)->cgroup->update(*parsed); !updated) {
    co_return wrap(updated.error(), what);
  }
  co_return proto::Empty();
}

}  // namespace wasmedge::task
