#include "shim/task/events.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "runtime/base/log.h"
#include "shim/rpc/client.h"
#include "shim/task/time.h"

namespace wasmedge::task {
namespace asio = boost::asio;
using namespace std::chrono_literals;
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kCallTimeout = 5s;
constexpr std::chrono::milliseconds kFirstPause = 20ms;
constexpr std::chrono::milliseconds kLongestPause = 2s;
/// Events kept for a containerd that is away; beyond, the oldest are lost.
constexpr size_t kMaxQueue = 2048;

}  // namespace

Events::Events(asio::io_context& io, std::string namespace_name, Forward forward)
    : io_(io),
      namespace_name_(std::move(namespace_name)),
      forward_(std::move(forward)),
      drained_(io, asio::steady_timer::time_point::max()) {}

void Events::publish(const proto::TaskCreate& event) {
  push("/tasks/create", "containerd.events.TaskCreate", event.SerializeAsString());
}
void Events::publish(const proto::TaskStart& event) {
  push("/tasks/start", "containerd.events.TaskStart", event.SerializeAsString());
}
void Events::publish(const proto::TaskExecAdded& event) {
  push("/tasks/exec-added", "containerd.events.TaskExecAdded", event.SerializeAsString());
}
void Events::publish(const proto::TaskExecStarted& event) {
  push("/tasks/exec-started", "containerd.events.TaskExecStarted", event.SerializeAsString());
}
void Events::publish(const proto::TaskOOM& event) {
  push("/tasks/oom", "containerd.events.TaskOOM", event.SerializeAsString());
}
void Events::publish(const proto::TaskPaused& event) {
  push("/tasks/paused", "containerd.events.TaskPaused", event.SerializeAsString());
}
void Events::publish(const proto::TaskResumed& event) {
  push("/tasks/resumed", "containerd.events.TaskResumed", event.SerializeAsString());
}
void Events::publish(const proto::TaskExit& event) {
  push("/tasks/exit", "containerd.events.TaskExit", event.SerializeAsString());
}
void Events::publish(const proto::TaskDelete& event) {
  push("/tasks/delete", "containerd.events.TaskDelete", event.SerializeAsString());
}

void Events::push(std::string_view topic, std::string_view type, std::string value) {
  proto::ForwardRequest request;
  proto::Envelope& envelope = *request.mutable_envelope();
  set_time(*envelope.mutable_timestamp(), now());
  envelope.set_namespace_(namespace_name_);
  envelope.set_topic(std::string(topic));
  envelope.mutable_event()->set_type_url(std::string(type));
  envelope.mutable_event()->set_value(std::move(value));
  if (queue_.size() >= kMaxQueue) {
    // The front may be on its way: drop the one behind it.
    log::warning("event {} is lost: {} are waiting for containerd", queue_[1].topic, queue_.size());
    queue_.erase(queue_.begin() + 1);
  }
  queue_.push_back(Event{std::string(topic), request.SerializeAsString()});
  if (delivering_) return;
  delivering_ = true;
  asio::co_spawn(io_, deliver(), asio::detached);
}

asio::awaitable<void> Events::deliver() {
  std::chrono::milliseconds pause = kFirstPause;
  while (!queue_.empty()) {
    const Result<> delivered = co_await forward_(queue_.front().request);
    if (!delivered && delivered.error().code == ErrorCode::kUnavailable) {
      log::warning("event {} waits: {}", queue_.front().topic, delivered.error().message);
      asio::steady_timer timer(io_, pause);
      co_await timer.async_wait(kTuple);
      pause = std::min(pause * 2, kLongestPause);
      continue;
    }
    if (!delivered) {
      log::error("event {} is lost: {}", queue_.front().topic, delivered.error().message);
    }
    pause = kFirstPause;
    queue_.pop_front();
  }
  delivering_ = false;
  drained_.cancel();
}

asio::awaitable<void> Events::drain(std::chrono::milliseconds patience) {
  if (!delivering_) co_return;
  drained_.expires_after(patience);
  co_await drained_.async_wait(kTuple);
  if (!queue_.empty()) log::error("{} events are lost: containerd is away", queue_.size());
}

Events::Forward forward_to_containerd(asio::io_context& io, std::string_view address) {
  constexpr std::string_view kScheme = "unix://";
  if (address.starts_with(kScheme)) address.remove_prefix(kScheme.size());
  auto client = std::make_shared<rpc::Client>(io, std::string(address));
  return [client](std::string request) -> asio::awaitable<Result<>> {
    const auto answer = co_await client->call("containerd.services.events.ttrpc.v1.Events",
                                              "Forward", std::move(request), kCallTimeout);
    if (!answer) co_return tl::unexpected<Error>(answer.error());
    co_return Result<>();
  };
}

}  // namespace wasmedge::task
