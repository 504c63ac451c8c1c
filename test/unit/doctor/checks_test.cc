#include "shim/doctor/checks.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "test/unit/doctor/fake.h"

namespace wasmedge::doctor {
namespace {

std::string shown(const Report& report) {
  return text_of(report);
}

TEST(Doctor, FindsNothingWrongWithAGoodNode) {
  FakeMachine machine;
  machine.add_docker("28.5.2", R"({"features": {"containerd-snapshotter": true}})");
  const Report report = examine(machine);
  EXPECT_EQ(report.count(Level::kProblem), 0u) << shown(report);
  EXPECT_EQ(report.count(Level::kWarning), 0u) << shown(report);
  EXPECT_EQ(report.count(Level::kNote), 0u) << shown(report);
  EXPECT_GT(report.count(Level::kOk), 15u);
}

/// One thing that is not as it should be.
struct Fault {
  const char* name;
  std::function<void(FakeMachine&)> spoil;
  const char* area;
  Level level;
  const char* what;  // is in the finding
  const char* fix;   // is in its fix
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

class Faults : public testing::TestWithParam<Fault> {};

TEST_P(Faults, IsTheOneFinding) {
  FakeMachine machine;
  GetParam().spoil(machine);
  const Report report = examine(machine);
  size_t matching = 0;
  for (const Finding& finding : report.findings()) {
    if (finding.level == Level::kOk) continue;
    if (finding.area != GetParam().area || finding.level != GetParam().level) continue;
    if (finding.what.find(GetParam().what) == std::string::npos) continue;
    ++matching;
    EXPECT_NE(finding.fix.find(GetParam().fix), std::string::npos) << finding.fix;
  }
  EXPECT_EQ(matching, 1u) << shown(report);
  const size_t problems = report.count(Level::kProblem);
  EXPECT_EQ(problems, GetParam().level == Level::kProblem ? 1u : 0u) << shown(report);
}

std::string dump(const std::string& table) {
  return "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.wasmedge]\n" + table;
}

const Fault kFaults[] = {
    {"OldKernel", [](FakeMachine& m) { m.release = "5.10.0-28-amd64"; }, "kernel", Level::kProblem,
     "Linux 5.10.0-28-amd64 is older than 5.12", "5.12 or newer"},
    {"NoOpenat2", [](FakeMachine& m) { m.missing_calls = {"openat2"}; }, "kernel", Level::kProblem,
     "openat2", "5.12"},
    {"NoPidNamespaces", [](FakeMachine& m) { m.files.erase("/proc/self/ns/pid"); }, "kernel",
     Level::kProblem, "no pid namespaces", "CONFIG_PID_NS"},
    {"NoUserNamespaces",
     [](FakeMachine& m) { m.file("/proc/sys/user/max_user_namespaces", "0\n"); }, "kernel",
     Level::kNote, "no user namespaces", "sysctl"},
    {"NoSeccomp", [](FakeMachine& m) { m.files.erase("/proc/sys/kernel/seccomp/actions_avail"); },
     "kernel", Level::kProblem, "seccomp", "CONFIG_SECCOMP_FILTER"},
    {"NoLandlock", [](FakeMachine& m) { m.landlock = 0; }, "kernel", Level::kWarning, "no Landlock",
     "lsm="},
    {"OldLandlock", [](FakeMachine& m) { m.landlock = 3; }, "kernel", Level::kNote,
     "Landlock version 3", "6.7"},
    {"NoOverlay", [](FakeMachine& m) { m.file("/proc/filesystems", "\text4\n"); }, "kernel",
     Level::kNote, "overlay", "modprobe"},
    {"NoCgroups", [](FakeMachine& m) { m.file("/proc/self/mountinfo", "\n"); }, "cgroups",
     Level::kProblem, "no control group hierarchy", "mount -t cgroup2"},
    {"NoMemoryController",
     [](FakeMachine& m) { m.file("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu pids hugetlb"); },
     "cgroups", Level::kWarning, "no controller memory", "cgroup_enable"},
    {"Version1WithoutPids",
     [](FakeMachine& m) {
       m.file("/proc/self/mountinfo",
              "1 1 0:1 / /cg/a rw - cgroup none rw,cpu,memory,devices,freezer,cpuset,hugetlb\n");
     },
     "cgroups", Level::kWarning, "no controller pids", ""},
    {"NoCompiler", [](FakeMachine& m) { m.files.erase("/usr/local/bin/wasmedge-compiler"); },
     "programs", Level::kProblem, "wasmedge-compiler cannot be found", "deploy/install"},
    {"OtherBuild",
     [](FakeMachine& m) {
       m.outputs["/usr/local/bin/wasmedge-init --version"] = {0, "wasmedge-init 0.0.1 (build 7)\n",
                                                              ""};
     },
     "programs", Level::kProblem, "of another build: 0.0.1 (build 7)", "one build"},
    {"SilentInit",
     [](FakeMachine& m) { m.outputs["/usr/local/bin/wasmedge-init --version"] = {1, "", ""}; },
     "programs", Level::kProblem, "does not say which", "one build"},
    {"WritableProgram",
     [](FakeMachine& m) { m.files["/usr/local/bin/wasmedge-init"].status.mode = S_IFREG | 0775; },
     "programs", Level::kProblem, "mode 775", "chmod 0755"},
    {"ForeignProgram",
     [](FakeMachine& m) { m.files["/usr/local/bin/wasmedge"].status.user = 1000; }, "programs",
     Level::kProblem, "user 1000", "chown root:root"},
    {"NotExecutable",
     [](FakeMachine& m) { m.files["/usr/local/bin/wasmedge-image"].status.mode = S_IFREG | 0644; },
     "programs", Level::kProblem, "cannot be executed", "chmod"},
    {"WritableDirectory", [](FakeMachine& m) { m.directory("/usr/local/bin", 0777); }, "programs",
     Level::kProblem, "/usr/local/bin can be changed", "chmod"},
    {"OpenCache", [](FakeMachine& m) { m.directory("/var/cache/wasmedge", 0755); }, "cache",
     Level::kProblem, "mode 755", "rm -rf"},
    {"CacheIsAFile", [](FakeMachine& m) { m.file("/var/cache/wasmedge", ""); }, "cache",
     Level::kProblem, "not a directory", "remove"},
    {"CacheNoexec", [](FakeMachine& m) { m.disk.no_exec = true; }, "cache", Level::kProblem,
     "noexec", "WASMEDGE_CACHE_DIR"},
    {"CacheReadOnly", [](FakeMachine& m) { m.disk.read_only = true; }, "cache", Level::kWarning,
     "read-only", "writable"},
    {"CacheFull", [](FakeMachine& m) { m.disk.free_bytes = 5 << 20; }, "cache", Level::kWarning,
     "5 MiB free", "free space"},
    {"CacheRemote", [](FakeMachine& m) { m.disk.type = "nfs"; }, "cache", Level::kWarning, "nfs",
     "disk of the node"},
    {"BadPolicy", [](FakeMachine& m) { m.file("/etc/wasmedge/policy.toml", "moon = \"full\"\n"); },
     "policy", Level::kProblem, "moon", "policy.toml"},
    {"OpenPolicy",
     [](FakeMachine& m) {
       m.file("/etc/wasmedge/policy.toml", "network = \"none\"\n", S_IFREG | 0666);
     },
     "policy", Level::kProblem, "mode 666", "chmod 0644"},
    {"PolicyGone",
     [](FakeMachine& m) { m.running[0].environment["WASMEDGE_POLICY"] = "/gone.toml"; }, "policy",
     Level::kProblem, "/gone.toml", "make the file"},
    {"NoContainerd", [](FakeMachine& m) { m.running.clear(); }, "containerd", Level::kProblem,
     "no containerd", "systemctl"},
    {"OldContainerd",
     [](FakeMachine& m) {
       m.outputs["/proc/12/exe --version"] = {0, "containerd containerd.io 1.5.9 abc\n", ""};
     },
     "containerd", Level::kProblem, "1.5.9", "1.6"},
    {"ShimNotInPath", [](FakeMachine& m) { m.running[0].environment["PATH"] = "/usr/bin:/bin"; },
     "containerd", Level::kProblem, "PATH, /usr/bin:/bin", "/usr/local/bin to PATH"},
    {"AnotherShim",
     [](FakeMachine& m) {
       m.file("/opt/containerd/bin/containerd-shim-wasmedge-v1", "", S_IFREG | 0755);
     },
     "containerd", Level::kWarning, "another installation", "--remove"},
    {"NoSocket", [](FakeMachine& m) { m.files.erase("/run/containerd/containerd.sock"); },
     "containerd", Level::kProblem, "no socket at /run/containerd", "restart"},
    {"BadToml",
     [](FakeMachine& m) { m.file("/etc/containerd/config.toml", "version = 2\n[plugins\n"); },
     "containerd", Level::kProblem, "config.toml, line 2", "does not start"},
    {"FormatTooNew", [](FakeMachine& m) { m.file("/etc/containerd/config.toml", "version = 3\n"); },
     "containerd", Level::kProblem, "format 3", "config default"},
    {"FormatOld", [](FakeMachine& m) { m.file("/etc/containerd/config.toml", "\n"); }, "containerd",
     Level::kWarning, "format 1", "migrate"},
    {"CannotDump",
     [](FakeMachine& m) {
       m.outputs["/proc/12/exe --config /etc/containerd/config.toml config dump"] = {
           1, "", "containerd: invalid plugin config"};
     },
     "containerd", Level::kProblem, "invalid plugin config", "correct"},
    {"NoHandler", [](FakeMachine& m) { m.configure("version = 2\n", ""); }, "containerd",
     Level::kNote, "no runtime handler", "configure-containerd"},
    {"NoHandlerWithKubelet",
     [](FakeMachine& m) {
       m.configure("version = 2\n", "");
       m.other_programs = {"kubelet"};
     },
     "containerd", Level::kProblem, "kubelet runs here", "configure-containerd"},
    {"WrongType",
     [](FakeMachine& m) {
       m.configure("version = 2\n", dump("runtime_type = \"io.containerd.wasmedge.v2\"\n"));
     },
     "containerd", Level::kProblem, "io.containerd.wasmedge.v2", "io.containerd.wasmedge.v1"},
    {"RuncByOurName",
     [](FakeMachine& m) {
       m.configure("version = 2\n", dump("runtime_type = \"io.containerd.runc.v2\"\n"));
     },
     "containerd", Level::kProblem, "io.containerd.runc.v2", "io.containerd.wasmedge.v1"},
    {"NoAnnotations",
     [](FakeMachine& m) {
       m.configure("version = 2\n", dump("runtime_type = \"io.containerd.wasmedge.v1\"\n"));
     },
     "containerd", Level::kNote, "lets no annotation", "pod_annotations"},
    {"PolicyOfAHandlerGone",
     [](FakeMachine& m) {
       m.configure("version = 2\n",
                   std::string(FakeMachine::kHandler) +
                       "  [plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.wasmedge."
                       "options]\n  ConfigPath = \"/gone.toml\"\n");
     },
     "containerd", Level::kProblem, "/gone.toml", "make the file"},
    {"OptionsThatAreLost",
     [](FakeMachine& m) {
       m.outputs["/proc/12/exe --version"] = {0, "containerd x 1.6.20~ds1\n", ""};
       m.configure("version = 2\n",
                   std::string(FakeMachine::kHandler) +
                       "  [plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.wasmedge."
                       "options]\n  network = \"none\"\n");
     },
     "containerd", Level::kProblem, "ConfigPath alone", "into a file"},
    {"CriDisabled",
     [](FakeMachine& m) {
       FakeMachine::File& file = m.files["/etc/containerd/config.toml"];
       file.text = "version = 2\n";
       m.outputs["/proc/12/exe --config /etc/containerd/config.toml config dump"].text =
           "disabled_plugins = [\"cri\"]\n[grpc]\naddress = \"/run/containerd/containerd.sock\"\n";
     },
     "containerd", Level::kNote, "CRI disabled", "disabled_plugins"},
    {"OldDocker", [](FakeMachine& m) { m.add_docker("20.10.24+dfsg1", "{}"); }, "docker",
     Level::kProblem, "Docker 20.10.24", "26"},
    {"ClassicStore", [](FakeMachine& m) { m.add_docker("28.5.2", "{}"); }, "docker", Level::kNote,
     "classic image store", "containerd-snapshotter"},
    {"BadDaemonJson", [](FakeMachine& m) { m.add_docker("28.5.2", "{"); }, "docker",
     Level::kProblem, "not a JSON object", "--validate"},
    {"DockerOptionsThatAreLost",
     [](FakeMachine& m) {
       m.add_docker("29.0.1", R"({"runtimes": {"w": {"runtimeType": "io.containerd.wasmedge.v1",
                                  "options": {"network": "none"}}}})");
     },
     "docker", Level::kProblem, "does not hand on", "ConfigPath"},
    {"DockerPath",
     [](FakeMachine& m) {
       m.add_docker("29.0.1",
                    R"({"runtimes": {"w": {"path": "/usr/bin/containerd-shim-wasmedge-v1"}}})");
     },
     "docker", Level::kProblem, "as its path", "runtimeType"},
    {"DockerWrongType",
     [](FakeMachine& m) {
       m.add_docker("29.0.1", R"({"runtimes": {"w": {"runtimeType": "io.containerd.wasmedge"}}})");
     },
     "docker", Level::kProblem, "runtimeType \"io.containerd.wasmedge\"", "wasmedge.v1"},
};

INSTANTIATE_TEST_SUITE_P(Doctor, Faults, testing::ValuesIn(kFaults),
                         [](const auto& info) { return info.param.name; });

TEST(Doctor, ADynamicProgramIsAProblem) {
  FakeMachine machine;
  const auto head = []() {
    std::string bytes(200, '\0');
    bytes.replace(0, 4,
                  "\x7f"
                  "ELF");
    bytes[32] = 64;  // e_phoff
    bytes[56] = 1;   // e_phnum
    bytes[64] = 3;   // PT_INTERP
    return bytes;
  };
  machine.files["/usr/local/bin/wasmedge-init"].text = head();
  const Report report = examine(machine);
  EXPECT_EQ(report.count(Level::kProblem), 1u) << shown(report);
  EXPECT_NE(shown(report).find("wasmedge-init is not static"), std::string::npos);
}

TEST(Doctor, EveryFindingThatIsNotGoodHasAFix) {
  for (const Fault& fault : kFaults) {
    FakeMachine machine;
    fault.spoil(machine);
    const Report report = examine(machine);
    for (const Finding& finding : report.findings()) {
      if (finding.level >= Level::kWarning) {
        EXPECT_FALSE(finding.fix.empty()) << finding.what;
      }
    }
  }
}

TEST(Doctor, JsonSaysTheSame) {
  FakeMachine machine;
  machine.missing_calls = {"clone3"};
  const auto document = nlohmann::json::parse(json_of(examine(machine)));
  EXPECT_FALSE(document["ok"]);
  size_t problems = 0;
  for (const auto& finding : document["findings"]) {
    if (finding["level"] != "problem") continue;
    ++problems;
    EXPECT_EQ(finding["area"], "kernel");
    EXPECT_FALSE(finding["fix"].get<std::string>().empty());
  }
  EXPECT_EQ(problems, 1u);
}

TEST(Doctor, WhatAFileSaysDoesNotReachTheTerminal) {
  FakeMachine machine;
  machine.file("/etc/wasmedge/policy.toml", "\x1b[2J = \"full\"\n");
  const std::string text = shown(examine(machine));
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
}

TEST(Doctor, VersionsCompareByNumber) {
  EXPECT_TRUE(is_older("1.6.20", "1.7"));
  EXPECT_TRUE(is_older("5.4.0-1", "5.12"));
  EXPECT_FALSE(is_older("5.12.0-rc1", "5.12"));
  EXPECT_FALSE(is_older("26.1.5+dfsg1", "26"));
  EXPECT_FALSE(is_older("10", "9.9"));
  EXPECT_EQ(version_in("Docker version 28.5.2+dfsg3, build abc"), "28.5.2");
  EXPECT_EQ(version_in("containerd github.com/containerd/containerd/v2 2.1.9~ds1"), "2.1.9");
  EXPECT_EQ(version_in("containerd containerd.io v1.7.27 05044ec0"), "1.7.27");
  EXPECT_EQ(version_in("nothing"), "");
}

}  // namespace
}  // namespace wasmedge::doctor
