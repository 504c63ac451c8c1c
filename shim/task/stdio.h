#pragma once

#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::task {

/// Where containerd wants a container's streams: the path of a fifo, with or without `fifo://`, or
/// nothing for /dev/null.
struct StdioPaths {
  std::string in, out, err;
};

/// A container's streams. The container gets the fifos themselves, so nothing is copied; the shim
/// holds ends of its own, so that neither side notices when containerd restarts. A logger's pipes
/// are the container's alone: what has all of them closed is the end of its output.
///
/// Flow: open() -> ends go to the container -> give_away() once it has them
///       close_stdin()   on CloseIO: with containerd's own end closed, the container reads EOF
///       finish()        at the container's end: containerd reads EOF behind the last output, which
///                       stays in the fifo until it is read, for the shim keeps a reading end
///       destruction     on Delete
class Stdio {
 public:
  Stdio() = default;
  /// Where the output goes in place of `paths.out` and `paths.err`, if it is for a logger.
  struct LoggerEnds {
    Fd out, err;
  };
  /// Never blocks, whoever else has opened the fifos or not. A path that is no fifo is
  /// kInvalidArgument, another scheme kUnimplemented; both name the stream.
  /// With a terminal the container gets none of them: what the terminal does is copied.
  static Result<Stdio> open(const StdioPaths& paths, LoggerEnds logger, bool terminal = false);

  /// The container's ends; -1: /dev/null.
  int in() const { return container_in_.get(); }
  int out() const { return container_out_.get(); }
  int err() const { return container_err_.get(); }

  /// What a terminal's input comes from and its output goes to, once.
  struct TerminalEnds {
    Fd in, out;
  };
  TerminalEnds take_terminal_ends() { return std::move(terminal_); }

  void give_away();
  void close_stdin();
  void finish();

 private:
  Fd container_in_, container_out_, container_err_;
  TerminalEnds terminal_;
  Fd held_in_;              // O_WRONLY
  Fd held_out_, held_err_;  // O_RDWR, from finish() on O_RDONLY
};

}  // namespace wasmedge::task
