#pragma once

#include <sys/types.h>

#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "shim/task/logger_uri.h"

namespace wasmedge::task {

/// A logger that runs, a child of this process.
struct LoggerProcess {
  pid_t pid = 0;
  Fd pidfd;
  Fd out, err;  // where the container writes
  Fd ready;     // gives a byte, or EOF, once the logger is ready
};

/// Starts a logger as containerd's own shim does: the container's stdout is its fd 3, stderr its fd
/// 4, and 5 is to say on that it is ready; its environment is CONTAINER_ID (of an executed process:
/// that one's) and CONTAINER_NAMESPACE. A file is opened here, made with its directories where it
/// is missing, and written by this very program (its action `append`): neither does a container get
/// its log in hand, nor does a slow disk hold up a pod's server. Errors name the file or the
/// program.
Result<LoggerProcess> start_logger_process(const LoggerUri& logger, const std::string& id,
                                           const std::string& namespace_name);

}  // namespace wasmedge::task
