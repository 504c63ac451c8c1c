#include "oci/features.h"

#include <nlohmann/json.hpp>

#include "oci/capabilities.h"
#include "oci/mount_options.h"
#include "oci/seccomp.h"
#include "oci/spec_names.h"

namespace wasmedge::oci {

std::string features_json() {
  using Json = nlohmann::json;
  const SeccompNames seccomp = seccomp_names();
  const Json yes = {{"enabled", true}}, no = {{"enabled", false}};
  const Json document = {
      {"ociVersionMin", kOldestSpec},
      {"ociVersionMax", kNewestSpec},
      {"hooks", hook_names()},
      {"mountOptions", mount_option_names()},
      {"linux",
       {{"namespaces", namespace_names()},
        {"capabilities", capability_names()},
        {"cgroup",
         {{"v1", true}, {"v2", true}, {"systemd", false}, {"systemdUser", false}, {"rdma", false}}},
        {"seccomp",
         {{"enabled", true},
          {"actions", seccomp.actions},
          {"operators", seccomp.operators},
          {"archs", seccomp.architectures},
          {"knownFlags", seccomp.flags},
          {"supportedFlags", seccomp.flags}}},
        {"apparmor", yes},
        {"selinux", yes},
        {"intelRdt", no},
        {"mountExtensions", {{"idmap", yes}}}}},
  };
  return document.dump();
}

}  // namespace wasmedge::oci
