#include "oci/features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "oci/capabilities.h"
#include "oci/mount_options.h"
#include "oci/seccomp.h"

namespace wasmedge::oci {
namespace {

using Json = nlohmann::json;

bool lists(const Json& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

TEST(Features, AreWhatTheParsersKnow) {
  const Json document = Json::parse(features_json());
  EXPECT_EQ(document.at("ociVersionMin"), "1.0.0");
  EXPECT_TRUE(lists(document.at("hooks"), "createContainer"));
  const Json& linux_part = document.at("linux");
  EXPECT_TRUE(lists(linux_part.at("namespaces"), "cgroup"));
  EXPECT_EQ(linux_part.at("seccomp").at("enabled"), true);
  EXPECT_EQ(linux_part.at("mountExtensions").at("idmap").at("enabled"), true);
  // By "rro" containerd's CRI plugin knows that a volume can be read-only with all below it.
  for (const char* name : {"bind", "ro", "rro", "rprivate", "nosuid", "tmpcopyup"}) {
    EXPECT_TRUE(lists(document.at("mountOptions"), name)) << name;
  }
}

TEST(Features, EachMountOptionIsUnderstood) {
  const Json document = Json::parse(features_json());
  for (const std::string name : document.at("mountOptions")) {
    const MountOptions parsed = parse_mount_options({name});
    EXPECT_TRUE(parsed.flags.empty() && parsed.settings.empty()) << name;
  }
}

TEST(Features, EachCapabilityIsOne) {
  const Json document = Json::parse(features_json());
  const Json& names = document.at("linux").at("capabilities");
  EXPECT_TRUE(lists(names, "CAP_SYS_ADMIN"));
  for (const std::string name : names) {
    Capabilities one;
    one.bounding = {name};
    EXPECT_NE(capability_sets(one).bounding, 0u) << name;
  }
}

TEST(Features, EachSeccompNameCompiles) {
  const Json seccomp = Json::parse(features_json()).at("linux").at("seccomp");
  for (const std::string action : seccomp.at("actions")) {
    const auto compiled = compile_seccomp(Seccomp{action, {}, {}, {}, {}});
    EXPECT_TRUE(compiled) << action << ": " << compiled.error().message;
  }
  for (const std::string flag : seccomp.at("supportedFlags")) {
    EXPECT_TRUE(compile_seccomp(Seccomp{"SCMP_ACT_ALLOW", {}, {}, {flag}, {}})) << flag;
  }
  for (const std::string op : seccomp.at("operators")) {
    const SeccompRule rule{{"getpid"}, "SCMP_ACT_KILL", {}, {{0, 1, 1, op}}};
    EXPECT_TRUE(compile_seccomp(Seccomp{"SCMP_ACT_ALLOW", {}, {}, {}, {rule}})) << op;
  }
  EXPECT_TRUE(lists(seccomp.at("archs"), "SCMP_ARCH_X86_64"));
}

}  // namespace
}  // namespace wasmedge::oci
