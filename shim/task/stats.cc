#include "shim/task/stats.h"

#include "shim/task/stats_fields.h"

namespace wasmedge::task {

proto::Any metrics_of(const oci::CgroupFigures& figures) {
  proto::Any any;
  any.set_type_url(figures.unified ? "io.containerd.cgroups.v2.Metrics"
                                   : "io.containerd.cgroups.v1.Metrics");
  any.set_value(figures.unified ? metrics_v2(figures) : metrics_v1(figures));
  return any;
}

}  // namespace wasmedge::task
