#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "oci/oom_watch.h"
#include "runtime/base/result.h"

namespace wasmedge::task {

class Events;

/// Publishes `/tasks/oom` whenever the kernel has killed in a container's control group for lack of
/// memory, be it the first process or another one: once for all kills that it told of at a time.
///
/// Flow: start() -> the kernel tells -> wait until a kill is counted -> publish -> …
///       finish(), before the exit is published: tells of kills that nobody told of yet, and ends
///       it
class OomReports {
 public:
  OomReports(boost::asio::io_context& io, Events& events, std::string container_id,
             oci::Cgroup group);
  ~OomReports();
  OomReports(const OomReports&) = delete;
  OomReports& operator=(const OomReports&) = delete;

  /// Without a memory controller there is nothing to wait for, and finish() alone tells.
  static void start(const std::shared_ptr<OomReports>& reports);
  void finish();

 private:
  static boost::asio::awaitable<void> run(std::shared_ptr<OomReports> reports);
  /// Looks, for a second at most, until there is something to tell.
  boost::asio::awaitable<void> look();
  void publish();

  boost::asio::io_context& io_;
  Events& events_;
  const std::string container_id_;
  const oci::Cgroup group_;
  std::optional<oci::OomWatch> watch_;
  boost::asio::posix::stream_descriptor signal_;  // watch_'s, on loan
  bool finished_ = false;
  uint64_t told_ = 0;  // kills
};

}  // namespace wasmedge::task
