#pragma once

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "runtime/base/result.h"
#include "shim/task/children.h"
#include "shim/task/logger_process.h"
#include "shim/task/process_log.h"

namespace wasmedge::task {

/// The program that takes a process's output, in the server's loop.
///
/// Flow: started -> wait_until_ready() -> its ends go to the container -> they close, it reads EOF
///       -> finish()
/// A logger that ends early is told in the log; its container then gets EPIPE, as a shell's pipe
/// has it. Nothing is buffered but in the pipes: a logger that does not read makes the container
/// wait.
class Logger {
 public:
  /// `of`: whose, for messages; `log`: its log. Watched from here on; one that cannot be is killed.
  static Result<std::shared_ptr<Logger>> watch(boost::asio::io_context& io, Children& children,
                                               const LoggerUri& uri, LoggerProcess& process,
                                               const std::string& of, ProcessLog log);
  Logger(boost::asio::io_context& io, const LoggerUri& uri, pid_t pid, std::string name,
         ProcessLog log);

  /// kUnavailable where it does not get ready within 10 s, or ends instead.
  boost::asio::awaitable<Result<>> wait_until_ready();

  /// Returns when it has ended. The caller has closed its ends of the streams; a logger that goes
  /// on for 10 s more gets SIGTERM, and SIGKILL 2 s later.
  boost::asio::awaitable<void> finish();

 private:
  void on_end(uint32_t status);
  void on_ready(bool readable);

  const std::string name_;  // in messages
  const ProcessLog log_;
  const LoggerUri::Kind kind_;
  const pid_t pid_;
  boost::asio::posix::stream_descriptor ready_;
  boost::asio::steady_timer signal_;  // cancelled by news
  bool said_ready_ = false;           // a byte
  bool closed_ready_ = false;         // EOF
  bool ended_ = false;
  uint32_t status_ = 0;
};

}  // namespace wasmedge::task
