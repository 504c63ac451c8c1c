#include "oci/host_trees.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "oci/control.h"
#include "oci/mount_calls.h"
#include "oci/mount_options.h"
#include "oci/mounts.h"
#include "oci/root_mount.h"

namespace wasmedge::oci {
namespace {

/// What the container mounts there must not appear on the host.
Result<Fd> as_slave(Fd tree) {
  mount_attr attributes{};
  attributes.propagation = MS_SLAVE;
  if (set_mount_attributes(tree.get(), attributes, true) == 0) return tree;
  return fail_errno("separate a mount from the host's");
}

/// Where nobody else sees it: in a mount namespace that the caller is alone in.
Result<Fd> mount_root_detached(const std::string& path, const std::vector<Mount>& mounts) {
  TRY(separate_mounts({}, path));
  TRY_ASSIGN(const Fd root, mount_root(path, mounts));
  return clone_tree(root.get(), "", true);
}

[[noreturn]] void run_child(int socket, const std::string& path, const std::vector<Mount>& mounts) {
  const auto root = mount_root_detached(path, mounts);
  (void)(root ? send_control(socket, kTreeMessage, {}, root->get())
              : send_control(socket, kErrorMessage, encode_error(root.error())));
  ::_exit(0);
}

/// By a process of its own, since a mount has to be somewhere before it can be detached.
Result<Fd> open_root_tree(const std::string& path, const std::vector<Mount>& mounts) {
  if (mounts.empty()) return clone_tree(AT_FDCWD, path, true).and_then(as_slave);
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno("make a socket");
  }
  const Fd ours(ends[0]);
  Fd theirs(ends[1]);
  clone_args arguments{};
  arguments.flags = CLONE_NEWNS;
  arguments.exit_signal = SIGCHLD;
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) return fail_errno("clone into a mount namespace");
  if (pid == 0) run_child(theirs.get(), path, mounts);
  theirs.reset();
  auto received = receive_control(ours.get());
  while (::waitpid(static_cast<pid_t>(pid), nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!received) return tl::unexpected<Error>(received.error());
  if (!*received) return fail(ErrorCode::kInternal, "mount the root filesystem: no answer");
  if ((*received)->kind == kTreeMessage) return std::move((*received)->fd);
  return tl::unexpected<Error>(decode_error((*received)->payload));
}

}  // namespace

Result<HostTrees> open_host_trees(const Spec& spec, const std::string& bundle,
                                  const std::string& root_path,
                                  const std::vector<Mount>& rootfs_mounts, Wanted wanted) {
  HostTrees trees;
  if (wanted == Wanted::kAll) {
    TRY_ASSIGN(trees[kRootTree], open_root_tree(root_path, rootfs_mounts));
  }
  for (uint32_t i = 0; i < spec.mounts.size(); ++i) {
    const Mount& mount = spec.mounts[i];
    if (!is_bind(mount)) continue;
    if (wanted == Wanted::kKernelPaths && !is_kernel_path(mount.destination)) continue;
    auto tree = open_source(mount, spec, bundle);
    if (tree && parse_mount_options(mount.options).propagation == 0) {
      tree = as_slave(std::move(*tree));
    }
    if (!tree) return wrap(tree.error(), describe(mount));
    trees[i] = std::move(*tree);
  }
  return trees;
}

int find_tree(const HostTrees& trees, uint32_t index) {
  const auto found = trees.find(index);
  return found == trees.end() ? -1 : found->second.get();
}

}  // namespace wasmedge::oci
