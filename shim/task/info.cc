#include "proto/runtime.pb.h"
#include "shim/task/commands.h"

namespace wasmedge::task {

std::string info() {
  proto::RuntimeInfo info;
  info.set_name(kRuntimeName);
  info.mutable_version()->set_version(PROJECT_VERSION);
  return info.SerializeAsString();
}

}  // namespace wasmedge::task
