#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>

#include "oci/spec.h"
#include "proto/task.pb.h"
#include "runtime/base/result.h"
#include "shim/task/children.h"
#include "shim/task/container.h"
#include "shim/task/platform.h"

namespace wasmedge::task {

/// Brings one container from its bundle to the brink of its guest's first instruction.
///
/// Flow: config.json -> cgroup -> streams -> first process launched -> it says "run the hooks",
/// "compile
///       this module", and at last "ready", as shim/init/protocol.h has it
///
/// Beyond run()'s success the container has a process, its namespaces and its cgroup. On failure
/// the caller cleans up whatever of these there is, with clean_up().
class Creation {
 public:
  /// All outlive run(). `on_end` gets the exit status of the container's process, whenever that is.
  Creation(boost::asio::io_context& io, Platform& platform, Children& children,
           Container& container, const proto::CreateRequest& request);

  boost::asio::awaitable<Result<>> run(Children::Callback on_end);

 private:
  Result<> check_request() const;
  Result<> prepare();
  Result<> read_spec();
  Result<> make_cgroup();
  Result<> launch(Children::Callback on_end);
  boost::asio::awaitable<Result<>> run_hooks();

  boost::asio::io_context& io_;
  Platform& platform_;
  Children& children_;
  Container& container_;
  const proto::CreateRequest& request_;
  oci::Spec spec_;
};

/// Removes what a container has on this machine besides its process, which must have ended: its
/// cgroup with any process left in it. Then runs its poststop hooks. kUnavailable if the cgroup
/// does not get empty.
boost::asio::awaitable<Result<>> clean_up(boost::asio::io_context& io, Container& container);

}  // namespace wasmedge::task
