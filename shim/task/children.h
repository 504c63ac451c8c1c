#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdint>
#include <functional>
#include <map>

namespace wasmedge::task {

/// How a process ended, in the shell's terms: its exit code, or 128 + the signal. Arguments:
/// si_code and si_status of waitid(2).
uint32_t exit_status(int code, int status);

/// Reaps every child of this process: those it started, and those it inherits as a subreaper when a
/// container's process leaves orphans. One SIGCHLD may stand for many of them.
class Children {
 public:
  using Callback = std::function<void(uint32_t exit_status)>;

  explicit Children(boost::asio::io_context& io);

  /// Calls back once, from the event loop, when the child has ended. Register before the loop runs
  /// again after starting it: then no end can be missed, however early.
  void watch(pid_t pid, Callback callback);

 private:
  void await_signal();
  void reap();

  boost::asio::signal_set signal_;
  std::map<pid_t, Callback> callbacks_;
};

}  // namespace wasmedge::task
