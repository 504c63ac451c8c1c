#pragma once

#include "oci/spec.h"
#include "shim/policy/policy.h"

/// What names mean is told by /etc/hosts and /etc/resolv.conf. Where a rule grants a host by name,
/// neither the image nor the module may have a say in them: else "db" would be whatever they like.
namespace wasmedge::init {

/// Before the mounts are made. Does nothing without such a rule. kInvalidArgument: the files are
/// the image's own; the error says what to do. Otherwise their mounts become read-only.
Result<> protect_name_files(const policy::Policy& policy, oci::Spec& spec);

/// After: makes /etc a mount of its own, so that it cannot be renamed, with another in its place.
Result<> pin_name_files(const policy::Policy& policy, const oci::Spec& spec, int root);

}  // namespace wasmedge::init
