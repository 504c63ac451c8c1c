#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "oci/text.h"
#include "test/unit/init/container.h"
#include "test/unit/init/module.h"

/// WebAssembly modules in real containers. The modules are assembled here, byte by byte.
namespace wasmedge::init {
namespace {

namespace fs = std::filesystem;

class WasmContainer : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = cannot_contain(); !reason.empty()) GTEST_SKIP() << reason;
    box_.emplace();
    ::chmod(cache_.path().c_str(), 0700);
  }
  TestContainer& with(const std::string& module) {
    box_.emplace();
    oci::write_text(box_->rootfs() + "/app.wasm", module);
    box_->config["process"]["args"] = {"/app.wasm"};
    box_->cache = cache_.path();
    return *box_;
  }
  oci::TemporaryDirectory cache_;
  std::optional<TestContainer> box_;
};

TEST_F(WasmContainer, ExitsWithItsStatusAndIsCompiledOnce) {
  EXPECT_EQ(with(kExit7).run(), 7) << box_->output();
  EXPECT_EQ(box_->compilations, 1);
  EXPECT_EQ(with(kExit7).run(), 7) << box_->output();
  EXPECT_EQ(box_->compilations, 0);
}

TEST_F(WasmContainer, RunsInAUserNamespaceToo) {
  for (const int compilations : {1, 0}) {
    with(kExit7).map_users(100'000);
    EXPECT_EQ(box_->run(), 7) << box_->output();
    EXPECT_EQ(box_->compilations, compilations);
  }
  with(kForever).map_users(100'000);
  ASSERT_EQ(box_->create(), "wasm");
  box_->start();
  oci::write_text(box_->rootfs() + "/seven.wasm", kExit7);
  EXPECT_EQ(box_->exec({"/seven.wasm"}), std::pair(7, std::string()));
  EXPECT_EQ(box_->exec({"/bin/sh", "-c", "cat /proc/1/comm; id -u"}),
            std::pair(0, std::string("wasmedge-init\n0\n")));
}

std::vector<std::string> mount_points(pid_t pid) {
  std::vector<std::string> points;
  const auto text = read_file(fmt::format("/proc/{}/mountinfo", pid), size_t{1} << 20);
  for (const std::string_view line : oci::split(*text, '\n')) {
    const auto fields = oci::split(line, ' ');
    if (fields.size() > 4) points.emplace_back(fields[4]);
  }
  return points;
}

/// A native program beside a module has /proc, /sys and /dev, with the masks of the spec; the
/// module has nothing of it, neither while it runs nor later.
TEST_F(WasmContainer, WhatANativeProgramBesideItSees) {
  const oci::TemporaryDirectory volume;
  with(kForever);
  box_->config["root"]["readonly"] = true;
  box_->config["mounts"].push_back({{"destination", "/volume"},
                                    {"type", "bind"},
                                    {"source", volume.path()},
                                    {"options", {"rbind"}}});
  box_->config["linux"]["maskedPaths"].push_back("/proc/cpuinfo");
  ASSERT_EQ(box_->create(), "wasm");
  box_->start();
  const auto before = mount_points(box_->pid());
  const auto shell = [&](const std::string& script) {
    return box_->exec({"/bin/sh", "-c", script});
  };
  EXPECT_EQ(shell("ps | grep -c '^ *1 .*wasmedge-init'; echo x > /dev/null; ls /sys | grep -c net; "
                  "ls /proc/self/ns | grep -c mnt"),
            std::pair(0, std::string("1\n0\n1\n")));
  EXPECT_EQ(
      shell("head -c 1 /proc/cpuinfo; echo 1 > /proc/sys/vm/swappiness || echo kept"),
      std::pair(0, std::string("/bin/sh: can't create /proc/sys/vm/swappiness: Read-only file "
                               "system\nkept\n")));
  EXPECT_EQ(shell("touch /new 2>/dev/null || touch /volume/new && echo as it was"),
            std::pair(0, std::string("as it was\n")));
  EXPECT_EQ(mount_points(box_->pid()), before);
  for (const char* name : {"/proc", "/sys", "/dev"}) {
    EXPECT_TRUE(fs::is_empty(fmt::format("/proc/{}/root{}", box_->pid(), name))) << name;
  }
}

TEST_F(WasmContainer, RunsWithoutACache) {
  with(kExit7).cache.clear();
  EXPECT_EQ(box_->run(), 7) << box_->output();
  EXPECT_EQ(box_->compilations, 1);
}

TEST_F(WasmContainer, ADamagedArtifactIsReplaced) {
  EXPECT_EQ(with(kExit7).run(), 7);
  for (const auto& entry : fs::directory_iterator(cache_.path())) {
    fs::resize_file(entry.path(), 100);
  }
  EXPECT_EQ(with(kExit7).run(), 7) << box_->output();
  EXPECT_EQ(box_->compilations, 1);
}

TEST_F(WasmContainer, ATrapIs134WithItsMessage) {
  EXPECT_EQ(with(kTrap).run(), 134);
  EXPECT_NE(box_->output().find("unreachable"), std::string::npos) << box_->output();
}

TEST_F(WasmContainer, SignalsEndItAtOnce) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGKILL, SIGRTMIN + 3}) {
    ASSERT_EQ(with(kForever).create(), "wasm");
    box_->start();
    box_->kill(signal);
    EXPECT_EQ(box_->wait(), 128 + signal);
  }
}

TEST_F(WasmContainer, RunsAsTheUserWithoutPrivileges) {
  with(kForever);
  box_->config["process"]["user"] = {{"uid", 1000}, {"gid", 1001}};
  box_->config["linux"]["seccomp"] = {
      {"defaultAction", "SCMP_ACT_ALLOW"},
      {"syscalls", {{{"names", {"execve"}}, {"action", "SCMP_ACT_ERRNO"}}}}};
  ASSERT_EQ(box_->create(), "wasm");
  box_->start();
  std::string status;
  const std::string file = fmt::format("/proc/{}/status", box_->pid());
  for (int i = 0; i < 500 && status.find("Seccomp:\t2") == std::string::npos; ++i) {
    status = *read_file(file, 65'536);
    ::usleep(10'000);
  }
  for (const char* line :
       {"Uid:\t1000\t1000\t1000\t1000", "Gid:\t1001\t1001\t1001\t1001", "CapPrm:\t0000000000000000",
        "CapEff:\t0000000000000000", "CapBnd:\t0000000000000021", "NoNewPrivs:\t1", "Seccomp:\t2",
        "Threads:\t1"}) {
    EXPECT_NE(status.find(line), std::string::npos) << line << " in\n" << status;
  }
  // The guest's only descriptors: stdio and the root.
  size_t descriptors = 0;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", box_->pid()))) {
    const std::string target = fs::read_symlink(entry.path());
    const std::string number = entry.path().filename();
    EXPECT_TRUE(number == "0" || number == "1" || number == "2" || target == "/") << target;
    ++descriptors;
  }
  EXPECT_EQ(descriptors, 4u);
  // No filesystem of the kernel's is mounted in it.
  const auto mounts = read_file(fmt::format("/proc/{}/mountinfo", box_->pid()), 1 << 20);
  for (const char* type : {" - proc ", " - sysfs ", " - devpts ", " - cgroup", " - mqueue "}) {
    EXPECT_EQ(mounts->find(type), std::string::npos) << type;
  }
  box_->kill(SIGTERM);
  EXPECT_EQ(box_->wait(), 143);
}

TEST_F(WasmContainer, TheEntryPointMayNameAFunction) {
  // A library, whose function "run" ends with status 7.
  const std::string library =
      command("\x41\7\x10\0"s, "wasi_snapshot_preview1", "proc_exit", "run");
  with(library).config["process"]["args"] = {"/app.wasm#run", "argument"};
  EXPECT_EQ(box_->run(), 7) << box_->output();
  with(library).config["process"]["args"] = {"/app.wasm#walk"};
  const std::string missing = box_->create();
  EXPECT_NE(missing.find("no exported function \"walk\""), std::string::npos) << missing;
  EXPECT_NE(missing.find("function \"run\""), std::string::npos) << missing;
  const std::string unnamed = with(library).create();
  EXPECT_NE(unnamed.find("MODULE#FUNCTION"), std::string::npos) << unnamed;
}

TEST_F(WasmContainer, OtherRuntimesAnnotationsAreKept) {
  const auto says = [&](const std::string& key, const std::string& value, bool native) {
    with(kExit7).config["annotations"] = {{key, value}};
    if (native) box_->run_shell("exit 7");
    return box_->create();
  };
  for (const char* handler : {"wasm", "wasmedge", "wasmtime"}) {
    EXPECT_EQ(says("run.oci.handler", handler, false), "wasm");
    EXPECT_NE(says("run.oci.handler", handler, true).find("is a native one"), std::string::npos);
  }
  EXPECT_EQ(says("module.wasm.image/variant", "compat", false), "wasm");
  EXPECT_NE(says("module.wasm.image/variant", "compat", true).find("compat-smart"),
            std::string::npos);
  EXPECT_EQ(says("module.wasm.image/variant", "compat-smart", false), "wasm");
  EXPECT_EQ(says("module.wasm.image/variant", "compat-smart", true), "native");
  EXPECT_NE(says("run.oci.handler", "krun", false).find("only wasm is here"), std::string::npos);
  EXPECT_NE(says("module.wasm.image/variant", "oci", true).find("expected compat"),
            std::string::npos);
  with(kExit7).config["annotations"] = {{"run.oci.handler", "wasm"},
                                        {"io.kubernetes.cri.container-type", "sandbox"}};
  box_->run_shell("exit 0");
  EXPECT_EQ(box_->create(), "native");
}

TEST_F(WasmContainer, CreateErrorsComeFromTheModule) {
  const std::string unknown = with(command("\x41\7\x10\0"s, "env", "launch_missiles")).create();
  EXPECT_NE(unknown.find("env"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("launch_missiles"), std::string::npos) << unknown;
  const std::string library =
      with(command("\x41\7\x10\0"s, "wasi_snapshot_preview1", "proc_exit", "main")).create();
  EXPECT_NE(library.find("_start"), std::string::npos) << library;
  const std::string invalid = with(command("\x6a"s)).create();  // i32.add on an empty stack
  EXPECT_NE(invalid.find("/app.wasm"), std::string::npos) << invalid;
  const std::string cut = with(kExit7.substr(0, kExit7.size() - 3)).create();
  EXPECT_NE(cut.find("/app.wasm"), std::string::npos) << cut;
}

}  // namespace
}  // namespace wasmedge::init
