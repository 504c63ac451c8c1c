#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "shim/task/command_line.h"

namespace wasmedge::task {

/// The name containerd knows this runtime by.
inline constexpr char kRuntimeName[] = "io.containerd.wasmedge.v1";
/// The type of the features in RuntimeInfo: a JSON document.
inline constexpr char kFeaturesType[] =
    "types.containerd.io/opencontainers/runtime-spec/1/features/Features";
/// Where the server finds its listening socket.
inline constexpr int kListeningFd = 3;
/// Where a logger finds the container's output, and what it says on that it is ready.
inline constexpr int kLoggerOut = 3;
inline constexpr int kLoggerErr = 4;
inline constexpr int kLoggerReady = 5;

/// `start`, in the bundle: finds the group's server or starts one, and returns its address,
/// `unix://…`. The bare address is what every containerd from 1.6 on understands.
Result<std::string> start(const CommandLine& line);

/// The server: serves until containerd has it shut down. The working directory is the first bundle.
Result<> serve(const CommandLine& line);

/// `delete`: ends and removes what a container has left whose server is gone. Returns an encoded
/// DeleteResponse. Does nothing where nothing is left.
Result<std::string> remove(const CommandLine& line);

/// `policy`: what a module of this config.json sees and may do on this node, and why, for people.
/// `wasmedge policy` executes it.
Result<std::string> explain_policy(const CommandLine& line);

/// `metrics`: the node's figures in Prometheus' text format; where -output names a file, that is
/// replaced in one step, and nothing is returned.
Result<std::string> show_metrics(const CommandLine& line);

struct Diagnosis {
  std::string text;
  bool healthy = true;  // nothing keeps containers from running
};
/// `doctor`: what is so on this node, and what to change. `wasmedge doctor` executes it.
Diagnosis examine_node(const CommandLine& line);

/// `append`: the logger of a stream `file://`: writes what comes from a container's streams to
/// stdout, until both have ended.
Result<> append();

/// `-info`: an encoded RuntimeInfo. `options`: an encoded Any, the runtime's options as containerd
/// has them on stdin, or nothing; they come back in the answer. What cannot be parsed is
/// kInvalidArgument.
Result<std::string> info(std::string_view options);

}  // namespace wasmedge::task
