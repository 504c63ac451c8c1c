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

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "shim/metrics/tally.h"
#include "shim/task/console.h"
#include "shim/task/lifecycle.h"
#include "shim/task/process_log.h"
#include "shim/task/stdio.h"

namespace wasmedge::task {

class Logger;

/// One process that containerd knows: a container's first one, or one executed in it. Shared by the
/// coroutines that work on it; all on one thread.
struct Process {
  /// `exec` is empty for a container's first one.
  Process(boost::asio::io_context& io, std::string container_id, std::string exec);

  const std::string id;  // the container's
  const std::string exec_id;
  ProcessLog log;
  State state = State::kCreating;

  StdioPaths stdio_paths;
  Stdio stdio;
  bool terminal = false;
  bool is_module = false;          // once it is ready
  std::optional<Console> console;  // with a terminal, once there is a process
  std::shared_ptr<Logger> logger;  // of its output, if that is for one
  std::string spec;                // of an executed one until its Start: JSON

  pid_t pid = 0;   // 0: not launched
  int pidfd = -1;  // lent by Children until the process has ended
  Fd control;

  metrics::Tally tally;  // what is to be counted with its next step

  bool ended = false;
  uint32_t exit_status = 0;
  timespec exited_at{};

  /// Create, or the Start of an executed process, has returned, with whatever outcome.
  bool settled = false;

  /// Wakes all that await the end, or that it is settled.
  boost::asio::steady_timer end_signal;
  /// What its conversation waits for at the moment; cancelled by the end.
  boost::asio::posix::stream_descriptor waiting;

  /// `container "web"`, or `process "x" in container "web"`.
  std::string name() const;
};

/// Records the end of the process, lets its streams run dry, and wakes who waits for it.
void end(Process& process, uint32_t exit_status);

/// Returns once the process has ended. The caller holds it.
boost::asio::awaitable<void> wait_for_end(Process& process);

/// Says that Create or Start returns, and returns once it does.
void settle(Process& process);
boost::asio::awaitable<void> wait_for_settled(Process& process);

/// Returns once `fd`, which stays the caller's, is readable or closed by its peer, or the process
/// has ended.
boost::asio::awaitable<void> wait_readable(Process& process, int fd);

/// pidfd_send_signal(2); kNotFound if it has ended.
Result<> send_signal(const Process& process, int signal);

}  // namespace wasmedge::task
