#include "oci/sysctl.h"

#include <sched.h>

#include <algorithm>
#include <array>

#include "runtime/base/fd.h"

namespace wasmedge::oci {
namespace {

constexpr std::array<std::string_view, 12> kIpc = {
    "kernel/msgmax",      "kernel/msgmnb",      "kernel/msgmni",      "kernel/sem",
    "kernel/shmall",      "kernel/shmmax",      "kernel/shmmni",      "kernel/shm_rmid_forced",
    "kernel/auto_msgmni", "kernel/msg_next_id", "kernel/sem_next_id", "kernel/shm_next_id"};

/// The namespace that a setting belongs to; 0: the host's.
int owner_of(std::string_view key) {
  if (key.starts_with("net/")) return CLONE_NEWNET;
  if (key.starts_with("fs/mqueue/")) return CLONE_NEWIPC;
  if (std::find(kIpc.begin(), kIpc.end(), key) != kIpc.end()) return CLONE_NEWIPC;
  // The hostname has a field of its own in the spec.
  if (key == "kernel/domainname") return CLONE_NEWUTS;
  return 0;
}

}  // namespace

Result<> set_sysctls(const Spec& spec) {
  for (const auto& [name, value] : spec.sysctl) {
    std::string key = name;
    if (key.find('/') == std::string::npos) std::replace(key.begin(), key.end(), '.', '/');
    const int owner = owner_of(key);
    if (owner == 0 || key.find("..") != std::string::npos) {
      return fail(ErrorCode::kPermissionDenied,
                  "config.json: linux.sysctl: {} is not a setting of a namespace: it would change "
                  "the host",
                  name);
    }
    if (find_namespace(spec, owner) == nullptr) {
      return fail(ErrorCode::kPermissionDenied,
                  "config.json: linux.sysctl: {} would change the host: the container shares the "
                  "host's {} namespace",
                  name,
                  owner == CLONE_NEWNET   ? "network"
                  : owner == CLONE_NEWIPC ? "ipc"
                                          : "uts");
    }
    if (auto written = write_file("/proc/sys/" + key, value); !written) {
      return wrap(written.error(), "config.json: linux.sysctl");
    }
  }
  return {};
}

}  // namespace wasmedge::oci
