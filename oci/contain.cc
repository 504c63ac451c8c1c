#include "oci/contain.h"

#include <linux/keyctl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include "oci/capabilities.h"
#include "oci/devices.h"
#include "oci/hooks.h"
#include "oci/limits.h"
#include "oci/masks.h"
#include "oci/mounts.h"
#include "oci/root_mount.h"
#include "oci/rootfs.h"
#include "oci/sysctl.h"
#include "oci/user.h"

namespace wasmedge::oci {
namespace {

std::string root_path(const Spec& spec, const Setup& setup) {
  if (!setup.rootfs_mounts.empty()) return setup.bundle + "/rootfs";
  if (spec.root_path.starts_with('/')) return spec.root_path;
  return fmt::format("{}/{}", setup.bundle, spec.root_path);
}

/// A keyring of its own: keys of whoever started the runtime are not the container's.
Result<> leave_keyring() {
  if (::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) >= 0) return {};
  if (errno == ENOSYS || errno == EPERM) return {};  // kernel without keys, or a filter above us
  return fail_errno("join a new session keyring");
}

Result<> set_names(const Spec& spec) {
  if (!spec.hostname.empty() && ::sethostname(spec.hostname.data(), spec.hostname.size()) != 0) {
    return fail_errno("config.json: hostname \"{}\"", spec.hostname);
  }
  if (!spec.domainname.empty() &&
      ::setdomainname(spec.domainname.data(), spec.domainname.size()) != 0) {
    return fail_errno("config.json: domainname \"{}\"", spec.domainname);
  }
  return {};
}

Result<> mount_kernel_filesystems(const Spec& spec, const Setup& setup, int root) {
  for (const Mount& mount : spec.mounts) {
    if (is_kernel_path(mount.destination)) TRY(mount_in_root(root, mount, spec, setup.bundle));
  }
  return make_devices(root, spec.devices);
}

Result<> run_create_container_hooks(const Spec& spec, const Setup& setup) {
  return run_hooks(
      "createContainer", spec.hooks.create_container,
      {spec.version, setup.id, "creating", ::getpid(), setup.bundle, spec.annotations});
}

/// A working directory that leads out of the root would be a way to the host (CVE-2024-21626).
Result<> enter_directory(const std::string& directory) {
  if (::chdir(directory.c_str()) != 0) {
    return fail_errno("config.json: process.cwd: enter {}", directory);
  }
  std::array<char, 4096> where{};
  if (::syscall(SYS_getcwd, where.data(), where.size()) < 0 || where[0] != '/') {
    return fail(ErrorCode::kPermissionDenied,
                "config.json: process.cwd: {} is outside the container", directory);
  }
  return {};
}

/// Needs the host's /proc.
Result<Prepared> prepare(const Spec& spec, Guest guest) {
  Prepared prepared;
  const auto when =
      guest == Guest::kNative ? SecurityLabels::When::kAtExec : SecurityLabels::When::kNow;
  TRY_ASSIGN(prepared.labels, SecurityLabels::open(spec.process, when));
  if (spec.seccomp) {
    TRY_ASSIGN(prepared.seccomp, compile_seccomp(*spec.seccomp));
  }
  return prepared;
}

bool has_no_new_privileges(const Spec& spec, Guest guest) {
  return spec.process.no_new_privileges || guest == Guest::kWasm;
}

}  // namespace

bool is_kernel_path(std::string_view destination) {
  const std::string path = clean_path(destination) + '/';
  return path.starts_with("/proc/") || path.starts_with("/sys/") || path.starts_with("/dev/");
}

Result<Fd> build_root(const Spec& spec, const Setup& setup) {
  ::umask(0);
  TRY(leave_keyring());
  TRY(set_oom_score(spec));

  const std::string path = root_path(spec, setup);
  TRY(separate_mounts(spec.rootfs_propagation, path));
  // Beyond this point no mount of ours is seen outside, and none survives us.

  TRY_ASSIGN(Fd root, mount_root(path, setup.rootfs_mounts));
  for (const Mount& mount : spec.mounts) {
    if (!is_kernel_path(mount.destination))
      TRY(mount_in_root(root.get(), mount, spec, setup.bundle));
  }
  if (auto made = make_in_root(root.get(), spec.process.cwd, Missing::kDirectory); !made) {
    return wrap(made.error(), "config.json: process.cwd");
  }
  // Beyond this point all files that the guest will see are in place.
  return root;
}

Result<Prepared> join(const Spec& spec, int mounts, Guest guest) {
  ::umask(0);
  TRY(leave_keyring());
  TRY(set_oom_score(spec));
  TRY_ASSIGN(Prepared prepared, prepare(spec, guest));
  if (::setns(mounts, CLONE_NEWNS) != 0) return fail_errno("enter the container's mounts");
  TRY(enter_directory(clean_path(spec.process.cwd)));
  return prepared;
}

Result<Prepared> enclose(const Spec& spec, const Setup& setup, int root, Guest guest,
                         const std::function<Result<>()>& runtime_hooks) {
  if (guest == Guest::kNative) TRY(mount_kernel_filesystems(spec, setup, root));

  TRY_ASSIGN(Prepared prepared, prepare(spec, guest));
  TRY(set_sysctls(spec));
  TRY(set_names(spec));
  // Beyond this point the host's /proc is not needed any more.

  TRY(runtime_hooks());
  TRY(run_create_container_hooks(spec, setup));
  TRY(mask_paths(root, spec.masked_paths));
  TRY(make_paths_readonly(root, spec.readonly_paths));
  TRY(pivot_root(root, spec.root_readonly, spec.rootfs_propagation));
  // Beyond this point no path leads to the host.

  TRY(enter_directory(clean_path(spec.process.cwd)));
  return prepared;
}

Result<> drop_privileges(const Spec& spec, const Prepared& prepared, Guest guest) {
  const Process& process = spec.process;
  TRY(set_rlimits(process.rlimits));
  const bool no_new_privileges = has_no_new_privileges(spec, guest);
  if (no_new_privileges && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return fail_errno("set no_new_privs");
  }
  TRY(prepared.labels.apply());
  if (prepared.seccomp && !no_new_privileges) TRY(install_seccomp(*prepared.seccomp));

  CapabilitySets sets = capability_sets(process.capabilities.value_or(Capabilities{}));
  if (guest == Guest::kWasm && process.user.uid != 0) {
    // An execve would leave a user who is not root the ambient ones alone; a module has none.
    sets.permitted = sets.effective = sets.ambient;
  }
  TRY(limit_bounding_set(sets));
  TRY(become_user(process.user));
  // Beyond this point we are the container's user.

  return set_capabilities(sets);
}

Result<> lock_down(const Spec& spec, const Prepared& prepared, Guest guest) {
  if (prepared.seccomp && has_no_new_privileges(spec, guest))
    return install_seccomp(*prepared.seccomp);
  return {};
}

Result<> close_descriptors(std::vector<int> keep) {
  std::sort(keep.begin(), keep.end());
  unsigned first = 3;
  const auto close_to = [&](unsigned last) {
    return first > last || ::close_range(first, last, 0) == 0;
  };
  for (const int fd : keep) {
    if (fd < static_cast<int>(first)) continue;
    if (!close_to(static_cast<unsigned>(fd) - 1)) return fail_errno("close descriptors");
    first = static_cast<unsigned>(fd) + 1;
  }
  if (!close_to(~0u)) return fail_errno("close descriptors");
  return {};
}

}  // namespace wasmedge::oci
