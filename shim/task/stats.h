#pragma once

#include "oci/cgroup.h"
#include "proto/common.pb.h"

namespace wasmedge::task {

/// A cgroup's figures as containerd wants them: an Any of io.containerd.cgroups.v1.Metrics or
/// v2.Metrics, by the cgroup's version.
proto::Any metrics_of(const oci::CgroupFigures& figures);

}  // namespace wasmedge::task
