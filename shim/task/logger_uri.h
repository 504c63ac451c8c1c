#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "shim/task/stdio.h"

namespace wasmedge::task {

/// Who takes a process's output, where that is no fifo. One logger takes both streams.
struct LoggerUri {
  enum class Kind {
    kFile,     // file://: the file `path`, appended to
    kProgram,  // binary://: the program `path`, which is ready when it says so or closes fd 5
    kTalking,  // binary-v2://: the same, but it must say so
  };
  Kind kind = Kind::kFile;
  std::string path;                    // absolute
  std::vector<std::string> arguments;  // of a program, behind its path
};

/// The logger of these streams, or none where they are fifos or nothing. A program's arguments are
/// the keys and values of the URI's query, in its order, of a key's values the first, as containerd
/// has it. kInvalidArgument names the URI and its fault: also where the two streams' loggers
/// differ.
Result<std::optional<LoggerUri>> parse_logger(const StdioPaths& paths);

}  // namespace wasmedge::task
