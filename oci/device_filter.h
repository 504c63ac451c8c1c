#pragma once

#include <linux/bpf.h>

#include <string>
#include <vector>

#include "oci/spec.h"
#include "runtime/base/result.h"

/// Which devices a container may open or make: the same rules for both versions of control groups.
namespace wasmedge::oci {

/// The rules in order, the last match wins, on a group where everything is denied: the spec's, then
/// the nodes that every container has (null, zero, full, random, urandom, tty, ptmx and ptys, and
/// mknod of anything, which gives no access).
std::vector<DeviceRule> effective_device_rules(const Resources& resources);

/// Those rules as a program of type BPF_PROG_TYPE_CGROUP_DEVICE: version 2 has no other way.
std::vector<bpf_insn> device_program(const std::vector<DeviceRule>& rules);

/// Loads the program and attaches it to a version 2 group, for as long as the group lives.
Result<> attach_device_filter(const std::string& directory, const Resources& resources);

}  // namespace wasmedge::oci
