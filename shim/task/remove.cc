#include <poll.h>
#include <unistd.h>

#include <array>
#include <climits>

#include "oci/cgroup.h"
#include "oci/hooks.h"
#include "oci/spec.h"
#include "proto/task.pb.h"
#include "runtime/base/log.h"
#include "shim/task/address.h"
#include "shim/task/bundle.h"
#include "shim/task/commands.h"
#include "shim/task/process_log.h"
#include "shim/task/time.h"

namespace wasmedge::task {
namespace {

constexpr uint32_t kKilledStatus = 128 + 9;
/// containerd gives the command five seconds.
constexpr int kRemoveTimeoutMs = 4000;

/// -bundle, else the working directory; in either case the sibling that has the id's name, should
/// containerd have us run in another container's.
Result<std::string> bundle_of(const CommandLine& line) {
  std::string bundle = line.bundle;
  if (bundle.empty()) {
    std::array<char, PATH_MAX> cwd{};
    if (::getcwd(cwd.data(), cwd.size()) == nullptr) return fail_errno("find the bundle");
    bundle = cwd.data();
  }
  return bundle.substr(0, bundle.rfind('/') + 1) + line.id;
}

/// The cgroup that this container made: every process of it is in there. Where the server died in
/// making it, what is not empty is another's.
Result<> remove_cgroup(const std::string& bundle) {
  const auto left = read_cgroup(bundle);
  if (!left) return {};
  TRY_ASSIGN(oci::CgroupRoots roots, oci::find_cgroup_roots());
  const oci::Cgroup cgroup = oci::Cgroup::at(std::move(roots), left->path);
  if (left->made) {
    TRY(cgroup.kill_all());
    TRY(cgroup.remove(kRemoveTimeoutMs));
  } else {
    TRY(cgroup.try_remove());
  }
  forget_cgroup(bundle);
  return {};
}

/// Only where this bundle's container had come to life, which its cgroup's path tells.
void run_poststop_hooks(const CommandLine& line, const std::string& bundle) {
  const auto config = read_config(bundle);
  if (!config) return;
  const auto spec = oci::parse_spec(*config);
  if (!spec || spec->hooks.poststop.empty()) return;
  const oci::HookState state{.version = spec->version,
                             .id = line.id,
                             .status = "stopped",
                             .bundle = bundle,
                             .annotations = spec->annotations};
  if (auto done = oci::run_hooks("poststop", spec->hooks.poststop, state); !done) {
    ProcessLog(line.id, {}).warning(oci::Phase::kDelete, "{}", done.error().message);
  }
}

/// A socket that a killed server left. A server that lives serves the group's other containers.
void remove_dead_socket(const std::string& bundle) {
  const auto address = read_address(bundle);
  constexpr std::string_view kScheme = "unix://";
  if (!address || !address->starts_with(kScheme)) return;
  const std::string path = address->substr(kScheme.size());
  if (path.starts_with(kSocketDirectory) && !is_served(path)) ::unlink(path.c_str());
}

}  // namespace

Result<std::string> remove(const CommandLine& line) {
  const std::array standing = {log::Field{"namespace", line.namespace_name}};
  log::configure(STDERR_FILENO, log::Level::kInfo, standing);
  TRY_ASSIGN(const std::string bundle, bundle_of(line));
  const auto cgroup = read_cgroup(bundle);
  TRY(remove_cgroup(bundle));
  if (cgroup && cgroup->made) run_poststop_hooks(line, bundle);
  remove_dead_socket(bundle);

  proto::DeleteResponse response;
  response.set_pid(static_cast<uint32_t>(read_init_pid(bundle).value_or(0)));
  response.set_exit_status(kKilledStatus);
  set_time(*response.mutable_exited_at(), now());
  return response.SerializeAsString();
}

}  // namespace wasmedge::task
