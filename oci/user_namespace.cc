#include "oci/user_namespace.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oci/mount_calls.h"

namespace wasmedge::oci {
namespace {

Result<> write_map(pid_t pid, const char* file, const std::vector<IdMapping>& mappings) {
  std::string text;
  for (const IdMapping& mapping : mappings) {
    text += fmt::format("{} {} {}\n", mapping.container_id, mapping.host_id, mapping.size);
  }
  return write_file(fmt::format("/proc/{}/{}", pid, file), text);
}

}  // namespace

Result<> write_id_maps(pid_t pid, const Spec& spec) {
  if (auto written = write_map(pid, "uid_map", spec.uid_mappings); !written) {
    return wrap(written.error(), "config.json: linux.uidMappings");
  }
  if (auto written = write_map(pid, "gid_map", spec.gid_mappings); !written) {
    return wrap(written.error(), "config.json: linux.gidMappings");
  }
  return {};
}

Result<Fd> make_user_namespace(const IdMaps& maps) {
  clone_args arguments{};
  arguments.flags = CLONE_NEWUSER;
  arguments.exit_signal = SIGCHLD;
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) return fail_errno("clone into a user namespace");
  if (pid == 0) {
    for (;;) ::pause();
  }
  const auto child = static_cast<pid_t>(pid);
  const auto take = [&]() -> Result<Fd> {
    TRY(write_map(child, "uid_map", maps.uids));
    TRY(write_map(child, "gid_map", maps.gids));
    return open_file(fmt::format("/proc/{}/ns/user", child), O_RDONLY);
  };
  auto taken = take();
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return taken;
}

Result<> map_owners(int tree, const IdMaps& maps, bool recursive) {
  TRY_ASSIGN(const Fd user_namespace, make_user_namespace(maps));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = static_cast<uint64_t>(user_namespace.get());
  if (set_mount_attributes(tree, attributes, recursive) == 0) return {};
  if (errno != EINVAL) return fail_errno("map the owners of files");
  return fail(ErrorCode::kUnimplemented,
              "map the owners of files: its filesystem, or this kernel, has no id-mapped mounts");
}

Result<> become_root() {
  if (::setresgid(0, 0, 0) != 0 || ::setgroups(0, nullptr) != 0 || ::setresuid(0, 0, 0) != 0) {
    return fail_errno("become root of the user namespace (is id 0 mapped?)");
  }
  return {};
}

}  // namespace wasmedge::oci
