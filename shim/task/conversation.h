#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>

#include "oci/control.h"
#include "runtime/base/result.h"
#include "shim/task/platform.h"
#include "shim/task/process.h"

namespace wasmedge::task {

/// The shim's part of shim/init/protocol.h with a process that has been launched, until it is
/// ready.
class Conversation {
 public:
  using Hooks = std::function<boost::asio::awaitable<Result<>>()>;

  /// All outlive run(). `hooks` runs those that the process asks for.
  Conversation(boost::asio::io_context& io, Platform& platform, Process& process, Hooks hooks);

  /// The error is the process's own, or says how it ended.
  boost::asio::awaitable<Result<>> run();

 private:
  boost::asio::awaitable<Result<>> answer(oci::ControlMessage message);
  boost::asio::awaitable<Result<>> compile(oci::ControlMessage module);
  Result<> reply(uint32_t kind, std::string_view payload = {}, int fd = -1) const;
  void report_ready(oci::ControlMessage message);
  tl::unexpected<Error> ended() const;

  boost::asio::io_context& io_;
  Platform& platform_;
  Process& process_;
  Hooks hooks_;
};

}  // namespace wasmedge::task
