#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "proto/events.pb.h"
#include "runtime/base/result.h"

namespace wasmedge::task {

/// Events for containerd, delivered one at a time in the order of publish(): a start never
/// overtakes a create, nor a delete an exit. While containerd is away they wait.
///
/// Flow: publish -> queue -> forward the oldest -> delivered: next
///                             ^            `-> kUnavailable: wait, longer each time, and again
///                             `-----------------'   refused for good: log it, next
class Events {
 public:
  /// Hands one encoded ForwardRequest to containerd.
  using Forward = std::function<boost::asio::awaitable<Result<>>(std::string request)>;

  /// `namespace_name` goes into each event's envelope.
  Events(boost::asio::io_context& io, std::string namespace_name, Forward forward);

  void publish(const proto::TaskCreate& event);
  void publish(const proto::TaskStart& event);
  void publish(const proto::TaskExecAdded& event);
  void publish(const proto::TaskExecStarted& event);
  void publish(const proto::TaskOOM& event);
  void publish(const proto::TaskPaused& event);
  void publish(const proto::TaskResumed& event);
  void publish(const proto::TaskExit& event);
  void publish(const proto::TaskDelete& event);

  /// Nothing waits for containerd.
  bool idle() const { return !delivering_; }

  /// Returns when all is delivered, or after `patience`.
  boost::asio::awaitable<void> drain(std::chrono::milliseconds patience);

 private:
  struct Event {
    std::string topic;
    std::string request;
  };
  void push(std::string_view topic, std::string_view type, std::string value);
  boost::asio::awaitable<void> deliver();

  boost::asio::io_context& io_;
  std::string namespace_name_;
  Forward forward_;
  std::deque<Event> queue_;
  bool delivering_ = false;
  boost::asio::steady_timer drained_;
};

/// Forwards over ttrpc to containerd's event service at `address` (a path, or `unix://` and one).
Events::Forward forward_to_containerd(boost::asio::io_context& io, std::string_view address);

}  // namespace wasmedge::task
