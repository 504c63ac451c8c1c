#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "runtime/base/result.h"
#include "shim/task/children.h"
#include "shim/task/platform.h"
#include "shim/task/process.h"

namespace wasmedge::task {

/// Opens what `process.stdio_paths` names: fifos at once, a logger once it is ready. On an error
/// close_streams() has been done.
boost::asio::awaitable<Result<>> open_streams(boost::asio::io_context& io, Platform& platform,
                                              Children& children, Process& process);

/// Returns once containerd or a logger has all that the process wrote to its terminal, and a logger
/// has ended; with time limits as containerd's clients know them. The process has ended, or there
/// is none.
boost::asio::awaitable<void> close_streams(Process& process);

}  // namespace wasmedge::task
