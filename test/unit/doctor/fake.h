#pragma once

#include <fmt/format.h>
#include <sys/stat.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "runtime/cache/key.h"
#include "shim/doctor/machine.h"

namespace wasmedge::doctor {

/// A node on which all is well, until a test changes it.
class FakeMachine : public Machine {
 public:
  struct File {
    FileStatus status;
    std::string text;
  };

  FakeMachine() {
    const std::string build =
        fmt::format("{} (build {})\n", PROJECT_VERSION, cache::compiler_build());
    ino_t inode = 100;
    for (const char* name : {"containerd-shim-wasmedge-v1", "wasmedge-init", "wasmedge-compiler",
                             "wasmedge-image", "wasmedge"}) {
      const std::string path = std::string("/usr/local/bin/") + name;
      files[path] = {{S_IFREG | 0755, 0, ++inode},
                     "\x7f"
                     "ELF"};
      outputs[path + " --version"] = {0, fmt::format("{} {}", name, build), ""};
    }
    directory("/");
    directory("/usr/local/bin");
    directory("/var/cache");
    for (const char* name : {"mnt", "pid", "net", "ipc", "uts", "cgroup", "user"}) {
      file(fmt::format("/proc/self/ns/{}", name), "");
    }
    file("/proc/filesystems", "nodev\tproc\nnodev\toverlay\n\text4\n");
    file("/proc/sys/user/max_user_namespaces", "10000\n");
    file("/proc/sys/kernel/seccomp/actions_avail", "kill_process trap errno allow\n");
    file("/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n");
    file("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids\n");
    file("/run/containerd/containerd.sock", "", S_IFSOCK | 0660);

    Daemon containerd;
    containerd.program = "containerd";
    containerd.pid = 12;
    containerd.arguments = {"/usr/bin/containerd"};
    containerd.environment = {{"PATH", "/usr/local/bin:/usr/bin"}};
    running.push_back(containerd);
    outputs["/proc/12/exe --version"] = {
        0, "containerd github.com/containerd/containerd 1.7.24~ds1 1.7.24~ds1-6\n", ""};
    configure("version = 2\n", kHandler);
  }

  /// What the file of containerd's configuration says, and what containerd makes of it.
  void configure(const std::string& text, const std::string& dumped) {
    file("/etc/containerd/config.toml", text);
    outputs["/proc/12/exe --config /etc/containerd/config.toml config dump"] = {
        0, "version = 2\n[grpc]\n  address = \"/run/containerd/containerd.sock\"\n" + dumped, ""};
  }
  void add_docker(const std::string& version, const std::string& daemon_json) {
    Daemon dockerd;
    dockerd.program = "dockerd";
    dockerd.pid = 13;
    dockerd.arguments = {"/usr/bin/dockerd", "-H", "fd://"};
    running.push_back(dockerd);
    outputs["/proc/13/exe --version"] = {0, "Docker version " + version + ", build 1\n", ""};
    file("/etc/docker/daemon.json", daemon_json);
  }
  void file(const std::string& path, const std::string& text, mode_t mode = S_IFREG | 0644) {
    files[path] = {{mode, 0, 1}, text};
  }
  void directory(const std::string& path, mode_t mode = 0755) { file(path, "", S_IFDIR | mode); }

  std::string kernel_release() const override { return release; }
  std::string architecture() const override { return "x86_64"; }
  uid_t user() const override { return 0; }
  std::string variable(const std::string&) const override { return {}; }
  std::string programs_directory() const override { return "/usr/local/bin"; }
  Result<std::string> read(const std::string& path) const override {
    const auto found = files.find(path);
    if (found == files.end()) return fail(ErrorCode::kNotFound, "{}: not there", path);
    return found->second.text;
  }
  Result<std::string> head(const std::string& path) const override { return read(path); }
  Result<FileStatus> status(const std::string& path) const override {
    const auto found = files.find(path);
    if (found == files.end()) return fail(ErrorCode::kNotFound, "{}: not there", path);
    return found->second.status;
  }
  Result<Filesystem> filesystem(const std::string& path) const override {
    if (!files.contains(path)) return fail(ErrorCode::kNotFound, "{}: not there", path);
    return disk;
  }
  Result<Output> run(const std::vector<std::string>& arguments) const override {
    std::string line;
    for (const std::string& argument : arguments) line += (line.empty() ? "" : " ") + argument;
    const auto found = outputs.find(line);
    if (found == outputs.end()) return fail(ErrorCode::kNotFound, "{}: not there", line);
    return found->second;
  }
  bool has_call(std::string_view name) const override {
    return !missing_calls.contains(std::string(name));
  }
  int landlock_version() const override { return landlock; }
  std::vector<Daemon> daemons() const override { return running; }
  bool runs(std::string_view program) const override {
    return other_programs.contains(std::string(program));
  }

  static constexpr char kHandler[] =
      "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.wasmedge]\n"
      "  runtime_type = \"io.containerd.wasmedge.v1\"\n"
      "  pod_annotations = [\"io.wasmedge.*\"]\n";

  std::string release = "6.1.0-18-amd64";
  std::map<std::string, File> files;
  std::map<std::string, Output> outputs;
  Filesystem disk{"ext4", uint64_t{10} << 30};
  std::set<std::string> missing_calls, other_programs;
  int landlock = 4;
  std::vector<Daemon> running;
};

}  // namespace wasmedge::doctor
