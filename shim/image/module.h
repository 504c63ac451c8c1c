#pragma once

#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/cache/reply.h"

/// The module of a container whose image is an OCI Wasm artifact.
namespace wasmedge::image {

struct Question {
  std::string address;         // containerd's socket
  std::string namespace_name;  // of containerd
  std::string container;
  std::string image;  // its name; empty: containerd knows the container's
  std::string entry;  // what the container's command line calls the module; may be empty
};

/// The module, verified, in a sealed memfd. The reply's text is what shim/init/protocol.h wants for
/// kModule.
Result<cache::Reply> fetch_module(const Question& question);

}  // namespace wasmedge::image
