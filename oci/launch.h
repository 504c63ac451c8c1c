#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "oci/cgroup.h"
#include "oci/control.h"
#include "oci/host_trees.h"
#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// Everything a container's first process needs to be born. Descriptors are borrowed.
struct LaunchRequest {
  const Spec* spec = nullptr;
  std::string id;                    // container id, for messages and hooks
  std::string bundle;                // absolute path; config.json is in it
  std::vector<Mount> rootfs_mounts;  // those of Create; empty: root.path holds the files already
  const Cgroup* cgroup = nullptr;    // created already
  int program = -1;                  // open_program() of wasmedge-init
  int stdin_fd = -1;                 // -1: /dev/null; likewise the next two
  int stdout_fd = -1;
  int stderr_fd = -1;
  int cache = -1;       // directory of compiled artifacts; -1: none
  std::string extra{};  // more for the program, which alone knows what it means
  // For a further process: the container's first one, which the caller has not reaped, so that the
  // number is its own; and the process as Exec describes it, JSON.
  pid_t join = 0;
  std::string process{};
  bool beside_module = false;  // that first one is a module, for which there is no /proc
};

/// The process, its namespaces existing. It is a child of the caller: reap it (also after an error
/// message). `control` speaks shim/init/protocol.h; closing it before START ends the process.
struct Launched {
  pid_t pid = 0;
  Fd pidfd;
  Fd control;
};

/// Opens a program for launch() through a detached read-only mount, so that nothing in a container
/// can write to it through /proc/self/exe (CVE-2019-5736). Once a shim is enough.
Result<Fd> open_program(const std::string& path);

/// Clones the process into the spec's namespaces (new ones by clone3, given ones by setns), or into
/// those of `join`, all but its mount namespace, which the program enters by itself; has it join
/// the cgroup and execute `program`. The caller must be single-threaded. Failures after the clone
/// arrive as an error message on `control`. Does not wait for the process.
Result<Launched> launch(const LaunchRequest& request);

/// What the launched program finds: descriptors at fixed numbers, and one kSetupMessage, with
/// LaunchRequest::join together with the container's root (O_PATH).
inline constexpr int kControlFd = 3;
inline constexpr int kConfigFd = 4;  // the bundle's config.json, O_RDONLY
inline constexpr int kCacheFd = 5;   // LaunchRequest::cache, or not open
inline constexpr int kMountsFd = 6;  // with LaunchRequest::join: the container's mount namespace
inline constexpr int kFirstFreeFd = 7;

/// Followed, in a user namespace, by a kTreeMessage for each of `tree_count` trees.
struct Setup {
  std::string id;
  std::string bundle;
  std::vector<Mount> rootfs_mounts;
  std::string extra{};    // LaunchRequest::extra
  std::string process{};  // LaunchRequest::process; empty: the container's first
  bool beside_module = false;
  uint32_t tree_count = 0;
  HostTrees trees{};  // received apart
};
std::string encode_setup(const Setup& setup);
Result<Setup> decode_setup(std::string_view payload);
Result<> send_trees(int socket, const HostTrees& trees);
Result<> receive_trees(int socket, Setup& setup);

/// Where the root filesystem is, or is to be mounted, on the host.
std::string root_path(const Spec& spec, const std::string& bundle, bool has_rootfs_mounts);

}  // namespace wasmedge::oci
