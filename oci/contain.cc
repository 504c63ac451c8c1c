#include "oci/contain.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include "oci/capabilities.h"
#include "oci/devices.h"
#include "oci/hooks.h"
#include "oci/limits.h"
#include "oci/masks.h"
#include "oci/mounts.h"
#include "oci/phase.h"
#include "oci/root_mount.h"
#include "oci/rootfs.h"
#include "oci/sysctl.h"
#include "oci/user.h"

namespace wasmedge::oci {
namespace {

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

/// The mounts whose destinations are `wanted`.
template <typename Wanted>
Result<> mount_each(const Spec& spec, const Setup& setup, int root, Wanted wanted) {
  for (uint32_t i = 0; i < spec.mounts.size(); ++i) {
    const Mount& mount = spec.mounts[i];
    if (!wanted(mount.destination)) continue;
    TRY(mount_in_root(root, mount, spec, setup.bundle, find_tree(setup.trees, i)));
  }
  return {};
}

/// A root without /proc that cannot be written has no place for what is mounted there.
bool has_place(int root, std::string_view destination) {
  struct statvfs status{};
  if (::fstatvfs(root, &status) != 0 || (status.f_flag & ST_RDONLY) == 0) return true;
  const std::string path = clean_path(destination);
  const auto top = find_in_root(root, path.substr(0, path.find('/', 1)), O_PATH);
  return top && *top;
}

Result<> mount_kernel_filesystems(const Spec& spec, const Setup& setup, int root) {
  TRY(mount_each(spec, setup, root, is_kernel_path));
  return make_devices(root, spec.devices);
}

/// For a native program beside a module: a mount namespace of its own, with the container's mounts
/// and the kernel's filesystems, which the module never sees. It goes with the program.
Result<> enclose_beside_module(const Spec& spec, const Setup& setup, int mounts) {
  if (::unshare(CLONE_NEWNS) != 0) return fail_errno("make a mount namespace");
  const std::string path = root_path(spec, setup.bundle, !setup.rootfs_mounts.empty());
  TRY(separate_mounts({}, path));
  TRY_ASSIGN(const Fd root, copy_root(mounts, path));
  bool own_dev = false;
  TRY(mount_each(spec, setup, root.get(), [&](auto destination) {
    const bool mounted = is_kernel_path(destination) && has_place(root.get(), destination);
    own_dev = own_dev || (mounted && clean_path(destination) == "/dev");
    return mounted;
  }));
  // Not into the image's own /dev, which the module sees.
  if (own_dev) TRY(make_devices(root.get(), spec.devices));
  TRY(mask_paths(root.get(), spec.masked_paths));
  TRY(make_paths_readonly(root.get(), spec.readonly_paths));
  return pivot_root(root.get(), spec.root_readonly, {});
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
    TRY_ASSIGN(prepared.seccomp, in(Phase::kSeccomp, compile_seccomp(*spec.seccomp)));
  }
  return prepared;
}

bool has_no_new_privileges(const Spec& spec, Guest guest) {
  return spec.process.no_new_privileges || guest == Guest::kWasm;
}

}  // namespace

Result<Fd> build_root(const Spec& spec, const Setup& setup) {
  ::umask(0);
  TRY(leave_keyring());
  TRY(set_oom_score(spec));

  const std::string path = root_path(spec, setup.bundle, !setup.rootfs_mounts.empty());
  TRY(in(Phase::kRootfs, separate_mounts(spec.rootfs_propagation, path)));
  // Beyond this point no mount of ours is seen outside, and none survives us.

  TRY_ASSIGN(Fd root, in(Phase::kRootfs,
                         mount_root(path, setup.rootfs_mounts, find_tree(setup.trees, kRootTree))));
  TRY(in(Phase::kMount,
         mount_each(spec, setup, root.get(), [](auto path) { return !is_kernel_path(path); })));
  if (auto made = make_in_root(root.get(), spec.process.cwd, Missing::kDirectory); !made) {
    return tl::unexpected<Error>(
        in(Phase::kRootfs, wrap(made.error(), "config.json: process.cwd").value()));
  }
  // Beyond this point all files that the guest will see are in place.
  return root;
}

Result<Prepared> join(const Spec& spec, const Setup& setup, int mounts, Guest guest) {
  ::umask(0);
  TRY(leave_keyring());
  TRY(set_oom_score(spec));
  TRY_ASSIGN(Prepared prepared, prepare(spec, guest));
  if (setup.beside_module && guest == Guest::kNative) {
    TRY(enclose_beside_module(spec, setup, mounts));
  } else if (::setns(mounts, CLONE_NEWNS) != 0) {
    return fail_errno("enter the container's mounts");
  }
  TRY(enter_directory(clean_path(spec.process.cwd)));
  return prepared;
}

Result<Prepared> enclose(const Spec& spec, const Setup& setup, int root, Guest guest,
                         const std::function<Result<>()>& runtime_hooks) {
  if (guest == Guest::kNative) {
    TRY(in(Phase::kMount, mount_kernel_filesystems(spec, setup, root)));
  }

  TRY_ASSIGN(Prepared prepared, prepare(spec, guest));
  TRY(set_sysctls(spec));
  TRY(set_names(spec));
  // Beyond this point the host's /proc is not needed any more.

  TRY(in(Phase::kHooks, runtime_hooks()));
  TRY(in(Phase::kHooks, run_create_container_hooks(spec, setup)));
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
  if (prepared.seccomp && !no_new_privileges) {
    TRY(in(Phase::kSeccomp, install_seccomp(*prepared.seccomp)));
  }

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
