#pragma once

#include <string>

#include "runtime/base/architecture.h"
#include "runtime/cache/reply.h"
#include "runtime/compile/compile.h"
#include "runtime/compile/program/confine.h"

namespace wasmedge::compile {

struct Job {
  std::string cache_directory;  // empty: none
  std::string client_build;     // the client's cache::compiler_build(); empty: unknown
  std::string name;             // of the module, for messages
  int module = -1;              // its file
  Architecture target = kThisArchitecture;
  bool metered = false;       // code that uses up fuel
  Form form = Form::kObject;  // other forms are text for the reply, which is not cached
  std::string function;       // the only one to be in that text; empty: all
  Bounds bounds;
};

/// The module's artifact: from the cache if somebody published it meanwhile, else compiled in a
/// confined child and published. Names and lines for messages are read in a child of their own
/// before: without them if it fails. A cache that cannot be used costs a warning in the reply.
Result<cache::Reply> obtain_artifact(const Job& job);

}  // namespace wasmedge::compile
