#include "oci/capabilities.h"

#include <linux/capability.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace wasmedge::oci {
namespace {

uint64_t mask_of(const std::vector<std::string>& names) {
  uint64_t mask = 0;
  for (const std::string& name : names) {
    cap_value_t value = 0;
    if (::cap_from_name(name.c_str(), &value) == 0 && value >= 0 && value < ::cap_max_bits()) {
      mask |= uint64_t{1} << value;
    }
  }
  return mask;
}

}  // namespace

std::vector<std::string> capability_names() {
  std::vector<std::string> names;
  for (cap_value_t value = 0; value < ::cap_max_bits(); ++value) {
    char* const name = ::cap_to_name(value);
    if (name == nullptr) continue;
    std::string upper;
    for (const char* c = name; *c != '\0'; ++c) {
      upper += static_cast<char>(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    }
    ::cap_free(name);
    if (upper.starts_with("CAP_")) names.push_back(std::move(upper));  // else a number
  }
  return names;
}

CapabilitySets capability_sets(const Capabilities& names) {
  return {mask_of(names.bounding), mask_of(names.effective), mask_of(names.permitted),
          mask_of(names.inheritable), mask_of(names.ambient)};
}

Result<> limit_bounding_set(const CapabilitySets& sets) {
  for (cap_value_t value = 0; value < ::cap_max_bits(); ++value) {
    if ((sets.bounding >> value & 1) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, value) != 0) {
      return fail_errno("drop capability {} from the bounding set", value);
    }
  }
  return {};
}

Result<> set_capabilities(const CapabilitySets& sets) {
  const auto low = [](uint64_t mask) { return static_cast<uint32_t>(mask); };
  const auto high = [](uint64_t mask) { return static_cast<uint32_t>(mask >> 32); };
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, 2> data = {
      __user_cap_data_struct{low(sets.effective), low(sets.permitted), low(sets.inheritable)},
      __user_cap_data_struct{high(sets.effective), high(sets.permitted), high(sets.inheritable)}};
  if (::syscall(SYS_capset, &header, data.data()) != 0) {
    return fail_errno(
        "config.json: process.capabilities: take effective {:#x}, permitted {:#x}, inheritable "
        "{:#x}",
        sets.effective, sets.permitted, sets.inheritable);
  }
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
    return fail_errno("clear the ambient capabilities");
  }
  for (cap_value_t value = 0; value < ::cap_max_bits(); ++value) {
    if ((sets.ambient >> value & 1) == 0) continue;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, value, 0, 0) != 0) {
      return fail_errno(
          "config.json: process.capabilities.ambient: raise {} (it must be permitted and "
          "inheritable)",
          value);
    }
  }
  return {};
}

}  // namespace wasmedge::oci
