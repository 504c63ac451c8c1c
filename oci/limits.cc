#include "oci/limits.h"

#include <sched.h>
#include <sys/resource.h>

#include "runtime/base/fd.h"

namespace wasmedge::oci {

Result<> set_rlimits(const std::vector<Rlimit>& limits) {
  for (const Rlimit& limit : limits) {
    const rlimit value{limit.soft, limit.hard};
    if (::setrlimit(static_cast<__rlimit_resource>(limit.resource), &value) != 0) {
      return fail_errno("config.json: process.rlimits: set limit {} to {} (hard {})",
                        limit.resource, limit.soft, limit.hard);
    }
  }
  return {};
}

Result<> set_oom_score(const Spec& spec) {
  if (!spec.process.oom_score_adj) return {};
  auto written =
      write_file("/proc/self/oom_score_adj", fmt::to_string(*spec.process.oom_score_adj));
  if (written) return {};
  const bool refused = written.error().code == ErrorCode::kPermissionDenied;
  if (refused && find_namespace(spec, CLONE_NEWUSER) != nullptr) return {};
  return wrap(written.error(),
              "config.json: process.oomScoreAdj (lowering it needs CAP_SYS_RESOURCE)");
}

}  // namespace wasmedge::oci
