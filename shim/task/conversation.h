#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <string>

#include "oci/control.h"
#include "runtime/base/result.h"
#include "shim/init/protocol.h"
#include "shim/task/platform.h"
#include "shim/task/process.h"

namespace wasmedge::task {

/// The shim's part of shim/init/protocol.h with a process that has been launched, until it is
/// ready.
class Conversation {
 public:
  using Annotations = std::map<std::string, std::string>;
  using Hooks = std::function<boost::asio::awaitable<Result<>>()>;

  /// All outlive run(). The annotations are the container's. `hooks` runs those that the process
  /// asks for.
  Conversation(boost::asio::io_context& io, Platform& platform, Process& process,
               const Annotations& annotations, Hooks hooks);

  /// The error is the process's own, or says how it ended.
  boost::asio::awaitable<Result<>> run();

 private:
  boost::asio::awaitable<Result<>> answer(oci::ControlMessage message);
  boost::asio::awaitable<Result<>> compile(oci::ControlMessage module);
  boost::asio::awaitable<Result<>> fetch_module(std::string entry);
  Result<> find_artifact(std::string_view digest);
  Result<> open_console(Fd master);
  Result<> reply(init::Control kind, std::string_view payload = {}, int fd = -1) const;
  void report_ready(oci::ControlMessage message);
  tl::unexpected<Error> ended() const;

  boost::asio::io_context& io_;
  Platform& platform_;
  Process& process_;
  const Annotations& annotations_;
  Hooks hooks_;
  bool compiled_ = false;
};

}  // namespace wasmedge::task
