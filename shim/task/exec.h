#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "proto/task.pb.h"
#include "runtime/base/result.h"
#include "shim/task/children.h"
#include "shim/task/container.h"
#include "shim/task/platform.h"

namespace wasmedge::task {

/// Of a process that never ran, as for one whose end nobody saw.
inline constexpr uint32_t kNoStatus = 255;

/// Exec: a process to be, its streams not open yet. kInvalidArgument names the field that is wrong.
Result<std::shared_ptr<Process>> add_process(boost::asio::io_context& io, Container& container,
                                             const proto::ExecRequest& request);

/// Start of it: launched into the container's namespaces and cgroup, up to the brink of its
/// program's first instruction. All outlive it. `on_end` gets its exit status, whenever that is. On
/// failure the caller ends the process, if there is one.
boost::asio::awaitable<Result<>> launch_process(boost::asio::io_context& io, Platform& platform,
                                                Children& children, Container& container,
                                                Process& process, Children::Callback on_end);

}  // namespace wasmedge::task
