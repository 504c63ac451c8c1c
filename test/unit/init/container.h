#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "oci/cgroup.h"
#include "oci/launch.h"
#include "runtime/base/fd.h"
#include "shim/init/protocol.h"
#include "shim/policy/policy.h"
#include "test/unit/oci/temporary.h"

namespace wasmedge::init {

/// A container launched directly, with the test in the shim's place. Its root filesystem has
/// busybox and whatever the test puts there. Everything is gone when it is destroyed.
class TestContainer {
 public:
  TestContainer();
  ~TestContainer();
  TestContainer(const TestContainer&) = delete;
  TestContainer& operator=(const TestContainer&) = delete;

  /// config.json, to be changed before create(): a shell in new namespaces, as engines write it.
  nlohmann::json config;
  std::string bundle() const { return directory_.path(); }
  std::string rootfs() const { return directory_.path() + "/rootfs"; }
  void run_shell(const std::string& script) {
    config["process"]["args"] = {"/bin/sh", "-c", script};
  }

  /// Up to READY; the message is "wasm" or "native", or the error.
  std::string create();
  void start();
  /// After start(): waits for the end. Status as a shell tells it; 128 + n for a signal.
  int wait();
  /// create(), start(), wait().
  int run();
  /// stdout and stderr together, or what a terminal showed, after wait().
  const std::string& output() const { return output_; }
  /// After start(): a further process, from its launch to its end. Its status, and what it wrote;
  /// or -1 and the error.
  std::pair<int, std::string> exec(const std::vector<std::string>& args);
  /// The maps of a user namespace, which the container then has; its files are given away.
  void map_users(unsigned host_id, bool give_files_away = true);

  pid_t pid() const { return launched_ ? launched_->pid : 0; }
  const oci::Cgroup& cgroup() const { return *cgroup_; }
  void kill(int signal) const;
  /// Ends the conversation, as a shim that dies would.
  void hang_up() { launched_->control.reset(); }
  /// Rootfs mounts of Create; empty: the directory as it is.
  std::vector<oci::Mount> mounts;
  /// Called on the HOOKS message.
  std::function<void()> on_hooks;
  std::string cache;     // directory of artifacts; empty: none
  int compilations = 0;  // COMPILE messages answered
  std::vector<policy::Ceiling> ceilings;
  std::string policy;      // after create(): the one in force
  std::string refusals();  // what the guest was refused, as far as it has been written

 private:
  /// Answers the process's questions until it says something else.
  oci::ControlMessage converse(int socket);
  oci::TemporaryDirectory directory_;
  std::optional<oci::Cgroup> cgroup_;
  std::optional<oci::Launched> launched_;
  Fd output_end_;
  Fd refusals_;
  std::string output_;
  bool reaped_ = false;
  bool is_module_ = false;
};

/// Why such containers cannot be made here; empty if they can.
std::string cannot_contain();

}  // namespace wasmedge::init
