#pragma once

#include <span>
#include <string>

#include "runtime/base/result.h"

namespace wasmedge::task {

/// What containerd asks of the program. Source: containerd's shim command line, whose flags are
/// written `-name value`, `-name=value` or with two dashes.
struct CommandLine {
  enum class Action {
    kServe,    // no action: the server itself, started by kStart
    kStart,    // find or make the group's server, print its address
    kDelete,   // clean up after a server that died
    kInfo,     // print what this runtime is
    kVersion,  // the same for a human
    kAppend,   // write a container's output to a file: started by the server
    kPolicy,   // for a human too: what a config.json's policy is
    kMetrics,  // the node's figures, for Prometheus
    kDoctor,   // whether this node can run containers
  };
  Action action = Action::kServe;
  std::string namespace_name;
  std::string address;         // containerd's own socket
  std::string publish_binary;  // unused: events go over ttrpc
  std::string id;
  std::string bundle;
  std::string config;   // kPolicy: the file; and
  std::string ceiling;  // one in place of the runtime's options, or empty
  std::string output;   // kMetrics: a file in place of stdout
  bool json = false;    // kDoctor
  bool debug = false;
};

/// `arguments` without the program's name. An unknown flag or action, or a flag that the action
/// needs and lacks, is kInvalidArgument and says which.
Result<CommandLine> parse_command_line(std::span<const char* const> arguments);

}  // namespace wasmedge::task
