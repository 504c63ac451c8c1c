#pragma once

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

#include "oci/cgroup.h"
#include "oci/hooks.h"
#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "shim/task/lifecycle.h"
#include "shim/task/oom.h"
#include "shim/task/stdio.h"

namespace wasmedge::task {

/// One container as the shim knows it, from Create to Delete. Shared by the coroutines that work on
/// it; all on one thread.
struct Container {
  Container(boost::asio::io_context& io, std::string container_id);

  const std::string id;
  std::string bundle;
  State state = State::kCreating;

  StdioPaths stdio_paths;
  Stdio stdio;
  std::optional<oci::Cgroup> cgroup;
  std::shared_ptr<OomReports> oom;  // from Create's success on
  /// Its own pid namespace: the kernel ends the other processes with the first one.
  bool own_pids = false;

  // What hooks that are still to run need of the spec.
  oci::Hooks hooks;
  oci::HookState hook_state;

  pid_t pid = 0;   // 0: not launched
  int pidfd = -1;  // lent by Children until the process has ended
  Fd control;

  bool ended = false;
  uint32_t exit_status = 0;
  timespec exited_at{};

  /// Create has returned, with whatever outcome.
  bool settled = false;

  /// Wakes all that await the end, or that Create returns.
  boost::asio::steady_timer end_signal;
  /// What Create waits for at the moment; cancelled by the end.
  boost::asio::posix::stream_descriptor waiting;
};

/// Records the end of the container's process and wakes who waits for it.
void end(Container& container, uint32_t exit_status);

/// Returns once the container's process has ended. The caller holds the container.
boost::asio::awaitable<void> wait_for_end(Container& container);

/// Says that Create returns, and returns once it does.
void settle(Container& container);
boost::asio::awaitable<void> wait_for_settled(Container& container);

/// Returns once `fd`, which stays the caller's, is readable or closed by its peer, or the
/// container's process has ended.
boost::asio::awaitable<void> wait_readable(Container& container, int fd);

/// Stops the container's processes, and returns when the kernel has stopped all, or one has ended
/// the container. On an error they go on.
boost::asio::awaitable<Result<>> freeze(boost::asio::io_context& io, Container& container);

/// pidfd_send_signal(2) to the container's process; kNotFound if it has ended.
Result<> send_signal(const Container& container, int signal);

/// Waits for hooks that run, and gives their outcome.
boost::asio::awaitable<Result<>> finish_hooks(boost::asio::io_context& io, oci::HookRun run);

}  // namespace wasmedge::task
