#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "runtime/base/fd.h"
#include "shim/task/process_log.h"

namespace wasmedge::task {

/// Brings what a guest was refused from its process to the shim's log, until that has ended. The
/// process may be hostile: it gets kRefusalLines lines a second, of at most 1 KiB each; what it
/// writes beyond that waits in the pipe, whose writer never waits.
inline constexpr int kRefusalLines = 10;
boost::asio::awaitable<void> log_refusals(boost::asio::io_context& io, ProcessLog log, Fd pipe);

}  // namespace wasmedge::task
