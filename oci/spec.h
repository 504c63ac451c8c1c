#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

/// A bundle's config.json as a value (OCI runtime specification 1.0 - 1.2, the Linux parts). The
/// value is plain data: it owns everything, copies freely, and does nothing.
namespace wasmedge::oci {

/// process.user. Ids are those inside the container.
struct User {
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::vector<uint32_t> additional_gids;
  std::optional<mode_t> umask;  // absent: 0022
};

/// process.capabilities: names as in capabilities(7), "CAP_CHOWN".
struct Capabilities {
  std::vector<std::string> bounding, effective, inheritable, permitted, ambient;
};

/// process.rlimits: `resource` is setrlimit(2)'s number; ~0 is RLIM_INFINITY.
struct Rlimit {
  int resource = 0;
  uint64_t soft = 0;
  uint64_t hard = 0;
};

/// process.consoleSize, in characters.
struct ConsoleSize {
  uint16_t height = 0;
  uint16_t width = 0;
};

struct Process {
  bool terminal = false;
  std::optional<ConsoleSize> console_size;
  User user;
  std::vector<std::string> args;  // may be empty: an OCI Wasm artifact knows its own
  std::vector<std::string> env;   // "KEY=value"
  std::string cwd;                // absolute
  std::optional<Capabilities> capabilities;
  std::vector<Rlimit> rlimits;
  bool no_new_privileges = false;
  std::string apparmor_profile;  // empty: none
  std::string selinux_label;     // empty: none
  std::optional<int> oom_score_adj;
};

struct IdMapping {
  uint32_t container_id = 0;
  uint32_t host_id = 0;
  uint32_t size = 0;
};

/// One entry of `mounts`, or one of the rootfs mounts that come with Create (there `destination` is
/// empty: the rootfs). Options are uninterpreted: see mount_options.h.
struct Mount {
  std::string destination;  // in the container; relative ones are taken from "/"
  std::string type;         // empty: a bind mount if the options say so
  std::string source;
  std::vector<std::string> options;
  std::vector<IdMapping> uid_mappings{}, gid_mappings{};  // whose files are shown, and as whose
};

/// A namespace of the container: new (empty path), or joined.
struct Namespace {
  int type = 0;  // CLONE_NEW*
  std::string path;
};

/// linux.devices: a node to make.
struct Device {
  std::string path;
  mode_t type = 0;  // S_IFCHR, S_IFBLK or S_IFIFO
  uint32_t major = 0;
  uint32_t minor = 0;
  mode_t mode = 0666;
  uint32_t uid = 0;
  uint32_t gid = 0;
};

/// linux.resources.devices: a rule of the device controller; absent numbers match all.
struct DeviceRule {
  bool allow = false;
  char type = 'a';  // a, b, c
  std::optional<int64_t> major, minor;
  std::string access;  // of "rwm"
};

struct HugepageLimit {
  std::string page_size;  // "2MB"
  uint64_t limit = 0;     // bytes
};

/// linux.resources.blockIO.throttle*: bytes or operations a second on one device.
struct Throttle {
  int64_t major = 0;
  int64_t minor = 0;
  uint64_t rate = 0;
};

/// linux.resources: bytes, microseconds, and the kernel's own units; -1 is "unlimited".
struct Resources {
  std::optional<int64_t> memory_limit, memory_reservation, memory_swap;
  std::optional<uint64_t> memory_swappiness;
  bool disable_oom_killer = false;
  std::optional<uint64_t> cpu_shares, cpu_period;
  std::optional<int64_t> cpu_quota;
  std::string cpus, mems;
  std::optional<int64_t> pids_limit;
  std::optional<uint16_t> block_io_weight;
  std::vector<Throttle> read_bps, write_bps, read_iops, write_iops;
  std::vector<DeviceRule> devices;
  std::vector<HugepageLimit> hugepage_limits;
  std::map<std::string, std::string> unified;  // cgroup v2: file -> content
};

/// linux.seccomp: names and numbers as libseccomp knows them.
struct SeccompArgument {
  uint32_t index = 0;
  uint64_t value = 0;
  uint64_t value_two = 0;
  std::string op;  // SCMP_CMP_*
};
struct SeccompRule {
  std::vector<std::string> names;
  std::string action;  // SCMP_ACT_*
  std::optional<uint32_t> errno_value;
  std::vector<SeccompArgument> arguments;
};
struct Seccomp {
  std::string default_action;
  std::optional<uint32_t> default_errno;
  std::vector<std::string> architectures;  // SCMP_ARCH_*
  std::vector<std::string> flags;          // SECCOMP_FILTER_FLAG_*
  std::vector<SeccompRule> rules;
};

/// A program that the runtime runs at a point of the container's life.
struct Hook {
  std::string path;               // absolute
  std::vector<std::string> args;  // with argv[0]; empty: {path}
  std::vector<std::string> env;
  std::optional<int> timeout_seconds;
};
struct Hooks {
  std::vector<Hook> prestart, create_runtime, create_container, start_container, poststart,
      poststop;
};

struct Spec {
  std::string version;    // ociVersion
  std::string root_path;  // absolute, or relative to the bundle
  bool root_readonly = false;
  Process process;
  std::string hostname, domainname;  // empty: leave
  std::vector<Mount> mounts;
  Hooks hooks;
  std::map<std::string, std::string> annotations;

  std::vector<Namespace> namespaces;
  std::vector<IdMapping> uid_mappings, gid_mappings;
  std::vector<Device> devices;
  std::string cgroups_path;
  Resources resources;
  std::string rootfs_propagation;  // empty: private
  std::optional<Seccomp> seccomp;
  std::map<std::string, std::string> sysctl;
  std::vector<std::string> masked_paths, readonly_paths;
  std::string mount_label;
};

/// config.json's text as a Spec. What is missing, of another type or out of range is
/// kInvalidArgument and names the place: "config.json: process.args[0]: expected a string, found
/// number". JSON null counts as absent. Fields that the specification does not know are ignored.
Result<Spec> parse_spec(std::string_view json);

/// An object like linux.resources by itself, as Update has it. Errors as parse_spec's, which call
/// it by that name.
Result<Resources> parse_resources(std::string_view json);

/// A process by itself, as Exec has it. What it does not say is the container's: `first` is the
/// process of config.json, from which capabilities, limits and labels are taken then.
Result<Process> parse_process(std::string_view json, const Process& first);

/// The namespace of that type, or nullptr: the host's own is kept.
const Namespace* find_namespace(const Spec& spec, int clone_flag);

}  // namespace wasmedge::oci
