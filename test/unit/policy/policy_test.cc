#include "shim/policy/policy.h"

#include <gtest/gtest.h>

#include <array>

#include "oci/spec.h"
#include "shim/policy/given.h"

namespace wasmedge::policy {
namespace {

using Annotations = std::map<std::string, std::string>;

Annotations wasi(std::initializer_list<std::pair<const char*, const char*>> settings) {
  Annotations annotations;
  for (const auto& [key, value] : settings) annotations[std::string(kPrefix) + key] = value;
  return annotations;
}

std::string error_of(const Annotations& annotations, const std::vector<Ceiling>& ceilings = {}) {
  const auto policy = policy_of(annotations, ceilings);
  return policy ? "(no error)" : policy.error().message;
}

TEST(Policy, NothingSaidNothingTaken) {
  const auto policy = policy_of({{"io.kubernetes.cri.container-type", "container"}}, {});
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_FALSE(policy->narrows());
  EXPECT_TRUE(policy->passes("ANY=thing"));
}

TEST(Policy, EachAnnotationIsRead) {
  const auto policy = policy_of(wasi({{"preopens", "/data:rw,/etc:ro"},
                                      {"network", "none"},
                                      {"environment", "LANG,APP_*"},
                                      {"memory", "64MiB"},
                                      {"fuel", "1000000"},
                                      {"time", "90s"},
                                      {"threads", "4"}}),
                                {});
  ASSERT_TRUE(policy) << policy.error().message;
  ASSERT_EQ(policy->preopens->size(), 2u);
  EXPECT_EQ((*policy->preopens)[0].path, "/data");
  EXPECT_FALSE((*policy->preopens)[0].read_only);
  EXPECT_TRUE((*policy->preopens)[1].read_only);
  EXPECT_EQ(policy->network.at(0).mode, wasi::NetworkRule::Mode::kNone);
  EXPECT_TRUE(policy->passes("LANG=C"));
  EXPECT_TRUE(policy->passes("APP_KEY=x"));
  EXPECT_TRUE(policy->passes("APP_=x"));
  EXPECT_FALSE(policy->passes("LANGUAGE=C"));
  EXPECT_FALSE(policy->passes("SECRET=APP_"));
  EXPECT_EQ(policy->memory->value, uint64_t{64} << 20);
  EXPECT_EQ(policy->fuel->value, 1'000'000u);
  EXPECT_EQ(policy->time->value, 90'000'000'000u);
  EXPECT_EQ(policy->threads->value, 4u);
  EXPECT_EQ(policy_of(wasi({{"time", "250ms"}}), {})->time->value, 250'000'000u);
  EXPECT_EQ(policy_of(wasi({{"time", "3"}}), {})->time->value, 3'000'000'000u);
  EXPECT_FALSE(policy_of(wasi({{"environment", "none"}}), {})->passes("A=1"));
  EXPECT_TRUE(policy_of(wasi({{"preopens", "none"}}), {})->preopens->empty());
}

TEST(Policy, MistakesNameAnnotationAndCharacter) {
  struct Mistake {
    const char* key;
    const char* value;
    const char* message;
  };
  const std::array mistakes = {
      Mistake{"networks", "none", "there is no such setting; there are: preopens, environment"},
      Mistake{"native", "allow", "there is no such setting"},
      Mistake{"", "x", "there is no such setting"},
      Mistake{"memory", "64MB", "character 3 (\"MB\"): expected a number of bytes, or of KiB"},
      Mistake{"memory", "", "character 1 (the end): expected a number of bytes"},
      Mistake{"memory", "-1", "character 1 (\"-1\"): expected a number of bytes"},
      Mistake{"memory", "1000", "expected at least 64KiB"},
      Mistake{"memory", "99999999999GiB", "expected at most"},
      Mistake{"memory", "18446744073709551617", "character 1 ("},
      Mistake{"fuel", "1e9", "character 2 (\"e9\"): expected a number of instructions"},
      Mistake{"time", "0", "expected more than no time"},
      Mistake{"time", "5 s", "character 2 (\" s\"): expected seconds, or a number with ms"},
      Mistake{"threads", "many", "expected a number of threads"},
      Mistake{"trace", "all", "character 1 (\"all\"): expected stderr"},
      Mistake{"preopens", "data:rw", "character 1 (\"data:rw\"): expected an absolute path"},
      Mistake{"preopens", "/data", "character 6 (the end): expected :ro or :rw"},
      Mistake{"preopens", "/data:rx", "character 6 (\":rx\"): expected :ro or :rw"},
      Mistake{"preopens", "/data/../etc:ro", "expected a plain path: /etc"},
      Mistake{"preopens", "/data/:ro", "expected a plain path: /data"},
      Mistake{"preopens", "/a:ro,/a:rw", "character 7 (\"/a:rw\"): expected each path once"},
      Mistake{"preopens", "/a:ro;/b:ro", "character 6 (\";/b:ro\"): expected \",\""},
      Mistake{"preopens", "/proc/self:ro", "modules get nothing of /proc"},
      Mistake{"preopens", "/:rw,/etc:ro", "/etc is in /, through which it can be written to"},
      Mistake{"preopens", "/a/b:ro,/a:rw", "/a/b is in /a, through which it can be written to"},
      Mistake{"environment", "A,,B", "character 3 (\",B\"): expected a variable's name"},
      Mistake{"environment", "A*B", "character 3 (\"B\"): expected \",\" or the end"},
      Mistake{"environment", "A=1", "character 2 (\"=1\"): expected a variable's name"},
      Mistake{"environment", "", "expected names of variables"},
      Mistake{"network", "connect=db", "character 11 (the end): expected \":\" and a port"},
  };
  for (const Mistake& mistake : mistakes) {
    const std::string error = error_of(wasi({{mistake.key, mistake.value}}));
    EXPECT_NE(error.find(mistake.message), std::string::npos) << mistake.value << ": " << error;
    EXPECT_TRUE(error.starts_with(fmt::format("annotation io.wasmedge.wasi.{}:", mistake.key)))
        << error;
  }
}

TEST(Policy, ACeilingHoldsWhoAsksForNothing) {
  const auto policy = policy_of({}, {{"policy.toml",
                                      "# what this node allows\n"
                                      "memory = \"256MiB\"   # each\r\n"
                                      "\tfuel = 1_000\n"
                                      "threads=0\n"
                                      "SystemdCgroup = true\n"
                                      "network = 'connect=10.0.0.0/8:*'\n"
                                      "preopens = \"/data:ro\"\n"
                                      "native = \"sandbox\"\n"}});
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->memory->value, uint64_t{256} << 20);
  EXPECT_EQ(policy->memory->rule, "policy.toml: memory=256MiB");
  EXPECT_EQ(policy->fuel->value, 1000u);
  EXPECT_EQ(policy->threads->value, 0u);
  EXPECT_EQ(policy->network.at(0).connect.size(), 1u);
  EXPECT_TRUE(policy->preopens->at(0).read_only);
  EXPECT_FALSE(policy->preopens->at(0).asked);
  EXPECT_EQ(policy->native, Native::kSandbox);
}

TEST(Policy, NoContainerGetsMoreThanTheCeiling) {
  const std::vector<Ceiling> ceilings = {
      {"node",
       "memory = \"64MiB\"\nfuel = 100\ntime = \"1s\"\nthreads = 2\n"
       "network = \"none\"\nenvironment = \"LANG\"\npreopens = \"/data:ro,/srv:rw\"\n"}};
  for (const auto& [key, value] : {std::pair("memory", "65MiB"), std::pair("fuel", "101"),
                                   std::pair("time", "2s"), std::pair("threads", "3")}) {
    const std::string error = error_of(wasi({{key, value}}), ceilings);
    EXPECT_NE(error.find(fmt::format("io.wasmedge.wasi.{}={}: this is more than the node allows: "
                                     "node: {}=",
                                     key, value, key)),
              std::string::npos)
        << error;
  }
  EXPECT_NE(error_of(wasi({{"preopens", "/data:rw"}}), ceilings).find("more than the node allows"),
            std::string::npos);
  EXPECT_NE(error_of(wasi({{"preopens", "/etc:ro"}}), ceilings).find("gives no module this"),
            std::string::npos);
  EXPECT_NE(error_of(wasi({{"preopens", "/:ro"}}), ceilings).find("gives no module this"),
            std::string::npos);
  const auto policy = policy_of(wasi({{"memory", "1MiB"},
                                      {"network", "all"},
                                      {"environment", "*"},
                                      {"preopens", "/data/in:ro,/srv:ro"}}),
                                ceilings);
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->memory->value, uint64_t{1} << 20);
  EXPECT_EQ(policy->network.back().mode, wasi::NetworkRule::Mode::kNone);
  EXPECT_TRUE(policy->passes("LANG=C"));
  EXPECT_FALSE(policy->passes("SECRET=1"));
  ASSERT_EQ(policy->preopens->size(), 2u);
  EXPECT_EQ((*policy->preopens)[0].path, "/data/in");
  EXPECT_TRUE((*policy->preopens)[1].read_only);
}

TEST(Policy, CeilingsAddUp) {
  const auto policy =
      policy_of({}, {{"file", "memory = \"64MiB\"\npreopens = \"/a:rw,/b:rw\"\n"},
                     {"options", "memory = \"32MiB\"\npreopens = \"/a/x:rw,/b:ro,/c:rw\"\n"}});
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->memory->rule, "options: memory=32MiB");
  ASSERT_EQ(policy->preopens->size(), 2u);
  EXPECT_EQ((*policy->preopens)[0].path, "/a/x");
  EXPECT_TRUE((*policy->preopens)[1].read_only);
}

TEST(Policy, CeilingMistakesNameTheLine) {
  const std::array<std::pair<const char*, const char*>, 8> mistakes = {{
      {"[table]\n", "node: line 1: character 8 (the end): expected a setting"},
      {"memory\n", "node: line 1: character 7 (the end): expected a setting"},
      {"\n\nmemory = 64MiB\n", "node: line 3: character 10 (\"64MiB\"): expected a value"},
      {"memory = \"64MiB\n", "expected \" after the text"},
      {"memory = \"64MiB\" x\n", "expected the end of the line"},
      {"memory = \"64\\nMiB\"\n", "settings have no other escapes"},
      {"memory = [1]\n", "expected a value"},
      {"color = \"red\"\n", "node: color: there is no such setting"},
  }};
  for (const auto& [text, message] : mistakes) {
    const std::string error = error_of({}, {{"node", text}});
    EXPECT_NE(error.find(message), std::string::npos) << text << ": " << error;
  }
}

TEST(Policy, CeilingsTravel) {
  const std::vector<Ceiling> ceilings = {{"a", "memory = 1\n"}, {"b", ""}};
  const auto decoded = decode_ceilings(encode(ceilings));
  ASSERT_EQ(decoded.size(), 2u);
  EXPECT_EQ(decoded[0].name, "a");
  EXPECT_EQ(decoded[0].text, "memory = 1\n");
  EXPECT_EQ(decoded[1].text, "");
  EXPECT_TRUE(decode_ceilings("").empty());
}

TEST(Policy, NativeProgramsAndRules) {
  const Annotations sandbox = {{"io.kubernetes.cri.container-type", "sandbox"}};
  EXPECT_TRUE(check_native(*policy_of({}, {}), {}));
  EXPECT_TRUE(check_native(*policy_of({}, {{"n", "memory = \"1MiB\"\n"}}), {}));
  const auto asked = check_native(*policy_of(wasi({{"network", "none"}}), {}), {});
  ASSERT_FALSE(asked);
  EXPECT_NE(asked.error().message.find("annotation io.wasmedge.wasi.network"), std::string::npos);
  const auto only_pause = *policy_of({}, {{"n", "native = \"sandbox\"\n"}});
  EXPECT_TRUE(check_native(only_pause, sandbox));
  EXPECT_FALSE(check_native(only_pause, {}));
  EXPECT_FALSE(check_native(*policy_of({}, {{"n", "native = \"deny\"\n"}}), sandbox));
}

oci::Spec spec_with(std::vector<oci::Mount> mounts, const std::string& cwd = "/") {
  oci::Spec spec;
  spec.process.cwd = cwd;
  spec.mounts = std::move(mounts);
  return spec;
}

std::string listed(const oci::Spec& spec, const Policy& policy) {
  const auto given = given_directories(spec, policy);
  if (!given) return given.error().message;
  std::string text;
  for (const Given& each : *given) {
    text += fmt::format("{}={}:{} ", each.guest_path, each.path, each.read_only ? "ro" : "rw");
  }
  return text;
}

TEST(Given, WhatConfigJsonMounts) {
  const oci::Spec spec = spec_with({{"/proc", "proc", "proc", {}},
                                    {"/data", "bind", "/srv", {"rbind", "ro"}},
                                    {"/tmp/", "tmpfs", "tmpfs", {}}},
                                   "/data/in");
  EXPECT_EQ(listed(spec, {}), "/=/:rw /data=/data:ro /tmp=/tmp:rw .=/data/in:ro ");
}

TEST(Given, RulesNarrowIt) {
  const oci::Spec spec = spec_with({{"/data", "bind", "/srv", {"ro"}}}, "/job/here");
  EXPECT_EQ(listed(spec, *policy_of(wasi({{"preopens", "/data:ro,/job:rw"}}), {})),
            "/data=/data:ro /job=/job:rw .=/job/here:rw ");
  EXPECT_EQ(listed(spec, *policy_of(wasi({{"preopens", "/data:ro"}}), {})), "/data=/data:ro ")
      << "the working directory is none of it";
  EXPECT_NE(listed(spec, *policy_of(wasi({{"preopens", "/data/x:rw"}}), {}))
                .find("/data/x:rw: config.json: the mount on /data is read-only"),
            std::string::npos);
  EXPECT_EQ(listed(spec, *policy_of({}, {{"n", "preopens = \"/data:rw\"\n"}})), "/data=/data:ro ");
  EXPECT_EQ(listed(spec, *policy_of(wasi({{"preopens", "none"}}), {})), "");
}

TEST(Explain, SaysWhatAndWhy) {
  oci::Spec spec = spec_with({{"/data", "bind", "/srv", {"ro"}}});
  spec.process.env = {"LANG=C", "SECRET=hush"};
  spec.annotations = wasi({{"environment", "LANG"}, {"network", "connect=db:5432"}});
  const auto text = explain(spec, {{"/etc/wasmedge/policy.toml", "memory = \"64MiB\"\n"}});
  ASSERT_TRUE(text) << text.error().message;
  for (const char* part : {"/data ro", "config.json: the mount on /data", "connect=db:5432",
                           "SECRET: withheld", "annotation io.wasmedge.wasi.environment=LANG",
                           "64 MiB", "/etc/wasmedge/policy.toml: memory=64MiB"}) {
    EXPECT_NE(text->find(part), std::string::npos) << part << " in\n" << *text;
  }
  EXPECT_EQ(text->find("hush"), std::string::npos) << "values are secrets";
}

}  // namespace
}  // namespace wasmedge::policy
