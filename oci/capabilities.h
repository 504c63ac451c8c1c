#pragma once

#include <cstdint>

#include "oci/spec.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// The five sets as bit masks, bit n being capability n (capabilities(7)).
struct CapabilitySets {
  uint64_t bounding = 0, effective = 0, permitted = 0, inheritable = 0, ambient = 0;
};

/// From names. Those that this kernel does not have are left out: granting them would mean nothing.
CapabilitySets capability_sets(const Capabilities& names);

/// The names of those that this kernel and libcap know.
std::vector<std::string> capability_names();

/// Drops from the bounding set whatever is not in `sets`; needs CAP_SETPCAP, so it comes first.
Result<> limit_bounding_set(const CapabilitySets& sets);
/// Takes the other four sets, exactly; after the change of user.
Result<> set_capabilities(const CapabilitySets& sets);

}  // namespace wasmedge::oci
