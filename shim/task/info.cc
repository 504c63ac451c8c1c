#include "oci/features.h"
#include "proto/runtime.pb.h"
#include "shim/task/commands.h"

namespace wasmedge::task {

Result<std::string> info(std::string_view options) {
  proto::RuntimeInfo info;
  info.set_name(kRuntimeName);
  info.mutable_version()->set_version(PROJECT_VERSION);
  if (!options.empty() &&
      !info.mutable_options()->ParseFromArray(options.data(), static_cast<int>(options.size()))) {
    return fail(ErrorCode::kInvalidArgument, "-info: the {} bytes on stdin are no options",
                options.size());
  }
  info.mutable_features()->set_type_url(kFeaturesType);
  info.mutable_features()->set_value(oci::features_json());
  return info.SerializeAsString();
}

}  // namespace wasmedge::task
