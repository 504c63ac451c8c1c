#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdint>
#include <functional>
#include <map>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::task {

/// How a process ended, in the shell's terms: its exit code, or 128 + the signal. Arguments:
/// si_code and si_status of waitid(2).
uint32_t exit_status(int code, int status);

/// Reaps every child of this process: those it started, each by its pidfd (pidfd_open(2)), and
/// those it inherits as a subreaper when a container's process leaves orphans, on SIGCHLD.
class Children {
 public:
  using Callback = std::function<void(uint32_t exit_status)>;

  explicit Children(boost::asio::io_context& io);

  /// Calls back once, from the event loop, when the child has ended; `pidfd` stays open until after
  /// that call. Watch before the loop runs again after starting the child, or it is taken for an
  /// orphan. One that cannot be watched is killed and reaped: the error says why.
  Result<> watch(pid_t pid, Fd pidfd, Callback callback);

 private:
  struct Child {
    boost::asio::posix::stream_descriptor pidfd;
    Callback callback;
  };

  void await_end(pid_t pid);
  void collect(pid_t pid);
  void await_signal();
  void reap_orphans();

  boost::asio::io_context& io_;
  boost::asio::signal_set signal_;
  std::map<pid_t, Child> watched_;
};

}  // namespace wasmedge::task
