#include "oci/spec.h"
#include "proto/options.pb.h"
#include "runtime/base/fd.h"
#include "runtime/base/limits.h"
#include "shim/policy/given.h"
#include "shim/task/ceilings.h"
#include "shim/task/commands.h"

namespace wasmedge::task {

Result<std::string> explain_policy(const CommandLine& line) {
  TRY_ASSIGN(const std::string text, read_file(line.config, kLimits.config_json_bytes));
  TRY_ASSIGN(const oci::Spec spec, oci::parse_spec(text));
  proto::Any options;
  if (!line.ceiling.empty()) {  // as if it were the runtime's options
    proto::RuntimeOptions runtime;
    runtime.set_config_path(line.ceiling);
    options.set_type_url(kRuntimeOptions);
    options.set_value(runtime.SerializeAsString());
  }
  TRY_ASSIGN(const auto ceilings, ceilings_of(options));
  return policy::explain(spec, ceilings);
}

}  // namespace wasmedge::task
