#include "shim/init/name_files.h"

#include <algorithm>

#include "oci/mounts.h"
#include "oci/rootfs.h"

namespace wasmedge::init {
namespace {

/// The first rule that grants a host by name.
const wasi::NetworkRule* naming_rule(const policy::Policy& policy) {
  const auto found =
      std::find_if(policy.network.begin(), policy.network.end(), [](const wasi::NetworkRule& rule) {
        return std::any_of(rule.connect.begin(), rule.connect.end(), [](const wasi::Grant& grant) {
          return !grant.range && grant.name != "*";
        });
      });
  return found == policy.network.end() ? nullptr : &*found;
}

}  // namespace

Result<> protect_name_files(const policy::Policy& policy, oci::Spec& spec) {
  const wasi::NetworkRule* rule = naming_rule(policy);
  if (rule == nullptr) return {};
  for (const std::string_view path : {"/etc/hosts", "/etc/resolv.conf"}) {
    const auto mount = std::find_if(
        spec.mounts.rbegin(), spec.mounts.rend(),
        [&](const oci::Mount& each) { return oci::clean_path(each.destination) == path; });
    if (mount == spec.mounts.rend()) {
      return fail(ErrorCode::kInvalidArgument,
                  "{}={}: it grants a host by name, and {}, which tells what names mean, is the "
                  "image's own; mount the node's there (Docker and Kubernetes do), or grant "
                  "addresses",
                  rule->name, rule->text, path);
    }
    mount->options.emplace_back("ro");
  }
  return {};
}

Result<> pin_name_files(const policy::Policy& policy, const oci::Spec& spec, int root) {
  const wasi::NetworkRule* rule = naming_rule(policy);
  if (rule == nullptr) return {};
  if (auto pinned = oci::pin_directory(root, "/etc", spec.root_readonly); !pinned) {
    return wrap(pinned.error(), fmt::format("{}={}", rule->name, rule->text));
  }
  return {};
}

}  // namespace wasmedge::init
