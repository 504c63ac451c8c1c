#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "oci/cgroup.h"
#include "oci/hooks.h"
#include "oci/spec.h"
#include "runtime/base/result.h"
#include "shim/task/process.h"

namespace wasmedge::task {

/// One container as the shim knows it, from Create to Delete: its first process, and what all its
/// processes share.
struct Container : Process {
  Container(boost::asio::io_context& io, std::string container_id);

  std::string bundle;
  std::optional<oci::Cgroup> cgroup;
  /// Its own pid namespace: the kernel ends the other processes with the first one.
  bool own_pids = false;
  std::string ceilings;  // for wasmedge-init

  // What hooks that are still to run need of the spec.
  oci::Hooks hooks;
  oci::HookState hook_state;

  /// Executed processes by their exec ids, from Exec to their Delete.
  std::map<std::string, std::shared_ptr<Process>> execs;
  /// Its own exit is told when the last of those that run has ended.
  bool exit_held = false;
  bool has_running_execs() const;
};

/// Stops the container's processes, and returns when the kernel has stopped all, or one has ended
/// the container. On an error they go on.
boost::asio::awaitable<Result<>> freeze(boost::asio::io_context& io, Container& container);

/// Waits for hooks that run, and gives their outcome.
boost::asio::awaitable<Result<>> finish_hooks(boost::asio::io_context& io, oci::HookRun run);

}  // namespace wasmedge::task
