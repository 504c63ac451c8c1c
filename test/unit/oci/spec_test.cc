#include "oci/spec.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <random>

#include "test/unit/oci/sample.h"

namespace wasmedge::oci {
namespace {

using Json = nlohmann::json;

std::string error_of(const Json& document) {
  const auto spec = parse_spec(document.dump());
  return spec ? "parsed" : spec.error().message;
}

Json with(const char* pointer, const Json& value) {
  Json document = sample_config();
  document[Json::json_pointer(pointer)] = value;
  return document;
}

Json without(const std::string& parent, const std::string& key) {
  Json document = sample_config();
  document[Json::json_pointer(parent)].erase(key);
  return document;
}

/// "/process/args/0" as error messages have it: "process.args[0]".
std::string place(const std::string& pointer, const Json& document) {
  std::string text;
  Json::json_pointer walked;
  std::string rest = pointer.substr(1);
  while (!rest.empty()) {
    const size_t slash = rest.find('/');
    const std::string token = rest.substr(0, slash);
    rest = slash == std::string::npos ? "" : rest.substr(slash + 1);
    const bool array = document[walked].is_array();
    walked /= Json::json_pointer("/" + token);
    if (array) {
      text += "[" + token + "]";
    } else {
      text += (text.empty() ? "" : ".") + token;
    }
  }
  return text;
}

TEST(Spec, ReadsEveryField) {
  const auto spec = parse_spec(sample_config().dump());
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->version, "1.1.0");
  EXPECT_EQ(spec->root_path, "rootfs");
  EXPECT_TRUE(spec->root_readonly);
  EXPECT_EQ(spec->hostname, "c1");
  EXPECT_EQ(spec->domainname, "example");
  const Process& process = spec->process;
  EXPECT_EQ(process.user.uid, 1000u);
  EXPECT_EQ(process.user.gid, 1001u);
  EXPECT_EQ(process.user.additional_gids, (std::vector<uint32_t>{5, 6}));
  EXPECT_EQ(process.user.umask, mode_t{077});
  EXPECT_EQ(process.args, (std::vector<std::string>{"/app/hello.wasm", "--x"}));
  EXPECT_EQ(process.cwd, "/srv");
  ASSERT_TRUE(process.capabilities);
  EXPECT_EQ(process.capabilities->bounding.size(), 2u);
  EXPECT_EQ(process.capabilities->ambient, std::vector<std::string>{"CAP_CHOWN"});
  ASSERT_EQ(process.rlimits.size(), 1u);
  EXPECT_EQ(process.rlimits[0].resource, RLIMIT_NOFILE);
  EXPECT_EQ(process.rlimits[0].hard, 4096u);
  EXPECT_TRUE(process.no_new_privileges);
  EXPECT_EQ(process.oom_score_adj, -5);
  ASSERT_EQ(spec->mounts.size(), 2u);
  EXPECT_EQ(spec->mounts[1].options, (std::vector<std::string>{"rbind", "ro"}));
  EXPECT_EQ(spec->hooks.prestart[0].timeout_seconds, 5);
  EXPECT_EQ(spec->hooks.poststop.size(), 1u);
  EXPECT_EQ(spec->annotations.at("k"), "v");
  ASSERT_NE(find_namespace(*spec, CLONE_NEWNET), nullptr);
  EXPECT_EQ(find_namespace(*spec, CLONE_NEWNET)->path, "/proc/1/ns/net");
  EXPECT_EQ(find_namespace(*spec, CLONE_NEWIPC), nullptr);
  EXPECT_EQ(spec->uid_mappings[0].host_id, 100000u);
  EXPECT_EQ(spec->devices[0].type, mode_t{S_IFCHR});
  EXPECT_EQ(spec->devices[0].mode, mode_t{0666});
  EXPECT_EQ(spec->resources.memory_swap, 134217728);
  EXPECT_TRUE(spec->resources.disable_oom_killer);
  EXPECT_EQ(spec->resources.cpus, "0-1");
  EXPECT_EQ(spec->resources.block_io_weight, 500);
  EXPECT_EQ(spec->resources.write_iops[0].rate, 100u);
  EXPECT_EQ(spec->resources.devices[0].type, 'a');
  EXPECT_EQ(spec->resources.devices[1].minor, 229);
  EXPECT_EQ(spec->resources.unified.at("memory.high"), "1000000");
  ASSERT_TRUE(spec->seccomp);
  EXPECT_EQ(spec->seccomp->default_errno, 38u);
  EXPECT_EQ(spec->seccomp->rules[0].arguments[0].value_two, 2u);
  EXPECT_EQ(spec->masked_paths, std::vector<std::string>{"/proc/kcore"});
}

/// Every value in the sample, replaced by one of another type, is an error that names its place.
TEST(Spec, EachMistypedFieldIsNamed) {
  const Json sample = sample_config();
  const Json flat = sample.flatten();
  size_t fields = 0;
  for (const auto& [pointer, value] : flat.items()) {
    const Json wrong = value.is_string() ? Json(7) : Json("text");
    const std::string message = error_of(with(pointer.c_str(), wrong));
    const std::string expected = "config.json: " + place(pointer, sample) + ": expected ";
    EXPECT_EQ(message.substr(0, expected.size()), expected) << message;
    ++fields;
  }
  EXPECT_GT(fields, 80u);
}

TEST(Spec, EachMistypedContainerIsNamed) {
  for (const char* pointer : {"/root",
                              "/process",
                              "/process/user",
                              "/process/args",
                              "/process/env",
                              "/process/capabilities",
                              "/process/capabilities/bounding",
                              "/process/rlimits",
                              "/process/rlimits/0",
                              "/mounts",
                              "/mounts/0",
                              "/mounts/0/options",
                              "/hooks",
                              "/hooks/prestart",
                              "/annotations",
                              "/linux",
                              "/linux/namespaces",
                              "/linux/namespaces/0",
                              "/linux/uidMappings",
                              "/linux/devices",
                              "/linux/resources",
                              "/linux/resources/memory",
                              "/linux/resources/cpu",
                              "/linux/resources/pids",
                              "/linux/resources/blockIO",
                              "/linux/resources/devices",
                              "/linux/resources/unified",
                              "/linux/seccomp",
                              "/linux/seccomp/syscalls",
                              "/linux/seccomp/syscalls/0/args",
                              "/linux/sysctl",
                              "/linux/maskedPaths"}) {
    const std::string expected = "config.json: " + place(pointer, sample_config()) + ": expected ";
    const std::string message = error_of(with(pointer, true));
    EXPECT_EQ(message.substr(0, expected.size()), expected) << message;
  }
  EXPECT_EQ(error_of(Json::array()), "config.json: expected an object, found array");
}

TEST(Spec, EachMissingFieldIsNamed) {
  const std::vector<std::pair<std::string, std::string>> required = {
      {"", "ociVersion"},
      {"", "root"},
      {"/root", "path"},
      {"", "process"},
      {"/process", "cwd"},
      {"/process/rlimits/0", "type"},
      {"/process/rlimits/0", "soft"},
      {"/process/rlimits/0", "hard"},
      {"/mounts/0", "destination"},
      {"/hooks/prestart/0", "path"},
      {"", "linux"},
      {"/linux", "namespaces"},
      {"/linux/namespaces/0", "type"},
      {"/linux/uidMappings/0", "containerID"},
      {"/linux/uidMappings/0", "size"},
      {"/linux/devices/0", "path"},
      {"/linux/devices/0", "type"},
      {"/linux/resources/devices/0", "allow"},
      {"/linux/resources/hugepageLimits/0", "limit"},
      {"/linux/seccomp", "defaultAction"},
      {"/linux/seccomp/syscalls/0", "names"},
      {"/linux/seccomp/syscalls/0", "action"},
      {"/linux/seccomp/syscalls/0/args/0", "index"}};
  for (const auto& [parent, key] : required) {
    const std::string expected =
        "config.json: " + place(parent + "/" + key, sample_config()) + ": is missing";
    EXPECT_EQ(error_of(without(parent, key)), expected);
    // null is as good as absent.
    EXPECT_EQ(error_of(with((parent + "/" + key).c_str(), nullptr)), expected);
  }
}

TEST(Spec, OptionalFieldsMayBeAbsent) {
  Json document = {{"ociVersion", "1.0.2"},
                   {"root", {{"path", "rootfs"}}},
                   {"process", {{"args", {"a"}}, {"cwd", "/"}}},
                   {"linux", {{"namespaces", {{{"type", "mount"}}}}}}};
  EXPECT_EQ(error_of(document), "parsed");
  document["vendor"] = {{"unknown", 1}};
  document["process"]["unknown"] = "x";
  EXPECT_EQ(error_of(document), "parsed");
}

TEST(Spec, NumbersAreChecked) {
  // An id that wraps around to 0 would be root (CVE-2024-40635).
  EXPECT_EQ(error_of(with("/process/user/uid", 4294967296)),
            "config.json: process.user.uid: 4294967296 is out of range (0 to 4294967295)");
  EXPECT_EQ(error_of(with("/process/user/gid", -1)),
            "config.json: process.user.gid: -1 is out of range (0 to 4294967295)");
  EXPECT_EQ(error_of(with("/process/user/uid", 1.5)),
            "config.json: process.user.uid: expected a whole number, found a fraction");
  EXPECT_NE(error_of(with("/process/user/additionalGids/1", 1e30)), "parsed");
  EXPECT_NE(error_of(with("/process/oomScoreAdj", 1001)), "parsed");
  EXPECT_NE(error_of(with("/process/user/umask", 01000)), "parsed");
  EXPECT_EQ(error_of(with("/process/rlimits/0/hard", 18446744073709551615u)), "parsed");
}

TEST(Spec, ValuesAreChecked) {
  const std::vector<std::pair<Json, const char*>> cases = {
      {with("/ociVersion", "2.0.0"), "ociVersion: \"2.0.0\" is not a version 1"},
      {with("/process/args/0", ""), "process.args[0]: is empty"},
      {with("/process/cwd", "work"), "process.cwd: \"work\" is not an absolute path"},
      {with("/process/args/0", std::string("a\0b", 3)), "process.args[0]: holds a NUL byte"},
      {with("/process/rlimits/0/type", "RLIMIT_X"), "process.rlimits[0].type: \"RLIMIT_X\" is no"},
      {with("/linux/namespaces/0/type", "mnt"), "linux.namespaces[0].type: \"mnt\" is no kind"},
      {with("/linux/namespaces/0/type", "mount"), "linux.namespaces: names a type twice"},
      {with("/linux/namespaces/1/type", "ipc"), "a new mount namespace is required"},
      {with("/linux/namespaces/2/type", "ipc"), "a hostname needs a uts namespace"},
      {with("/linux/namespaces/4/path", "proc/1/ns/net"), "is not absolute"},
      {without("/linux", "uidMappings"), "needs uidMappings and gidMappings"},
      {with("/hooks/prestart/0/path", "h"), "hooks.prestart[0].path: \"h\" is not an absolute"},
      {with("/hooks/prestart/0/timeout", 0), "hooks.prestart[0].timeout: must be above 0"},
      {with("/linux/devices/0/type", "x"), "linux.devices[0].type: \"x\" is none of"},
      {with("/linux/resources/devices/1/access", "rx"), "has letters beyond r, w, m"},
      {with("/linux/resources/unified", {{"../x.y", "1"}}), "is no control group file"},
      {with("/linux/resources/hugepageLimits/0/pageSize", "../2MB"), "is no size"},
  };
  for (const auto& [document, expected] : cases) {
    EXPECT_NE(error_of(document).find(expected), std::string::npos) << error_of(document);
  }
}

TEST(Spec, EveryTruncationIsAnError) {
  const std::string text = sample_config().dump();
  for (size_t size = 0; size < text.size(); ++size) {
    const auto spec = parse_spec(std::string_view(text).substr(0, size));
    ASSERT_FALSE(spec) << size;
    ASSERT_TRUE(spec.error().message.starts_with("config.json: not valid JSON at byte "))
        << spec.error().message;
  }
}

TEST(Spec, MutationsNeverCrash) {
  const std::string text = sample_config().dump();
  std::mt19937 random(20261123);
  size_t parsed = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string mutated = text;
    for (size_t edits = 1 + random() % 3; edits > 0; --edits) {
      const size_t at = random() % mutated.size();
      switch (random() % 3) {
        case 0:
          mutated[at] = static_cast<char>(random());
          break;
        case 1:
          mutated.erase(at, 1 + random() % 8);
          break;
        default:
          mutated.insert(at, mutated.substr(random() % mutated.size(), random() % 16));
      }
    }
    const auto spec = parse_spec(mutated);
    parsed += spec ? 1 : 0;
    if (!spec) {
      ASSERT_TRUE(spec.error().message.starts_with("config.json: "));
    }
  }
  EXPECT_GT(parsed, 0u);
}

TEST(Spec, DeepNestingIsHarmless) {
  EXPECT_FALSE(parse_spec(std::string(1'000'000, '[')));
  std::string deep = "{\"x\":" + std::string(500'000, '[') + std::string(500'000, ']') + "}";
  EXPECT_EQ(parse_spec(deep).error().message, "config.json: ociVersion: is missing");
}

}  // namespace
}  // namespace wasmedge::oci
