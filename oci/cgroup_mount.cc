#include "oci/cgroup_mount.h"

#include <sched.h>
#include <sys/stat.h>

#include <algorithm>

#include "oci/cgroup.h"
#include "oci/mount_calls.h"
#include "oci/mounts.h"
#include "oci/rootfs.h"
#include "oci/text.h"

namespace wasmedge::oci {
namespace {

/// The caller's own group in the hierarchy with these controllers: /proc/self/cgroup has lines of
/// "number:controllers:path", version 2's being "0::path".
Result<std::string> own_group(const std::vector<std::string>& controllers) {
  TRY_ASSIGN(const std::string text, read_file("/proc/self/cgroup", size_t{1} << 20));
  for (const std::string_view line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() < 3) continue;
    // A path may itself hold colons.
    const std::string_view path = line.substr(fields[0].size() + fields[1].size() + 2);
    const auto names = split(fields[1], ',');
    const bool same = controllers.empty()
                          ? fields[1].empty()
                          : std::find(names.begin(), names.end(), controllers[0]) != names.end();
    if (same) return std::string(path);
  }
  return fail(ErrorCode::kInternal, "/proc/self/cgroup does not name our group");
}

/// The filesystem as a namespace of its own shows it.
Result<Fd> make_view(const std::vector<std::string>& controllers, uint64_t attributes) {
  if (controllers.empty()) return make_filesystem("cgroup2", "cgroup", {}, {}, attributes);
  if (controllers[0].starts_with("name=")) {
    return make_filesystem("cgroup", "cgroup", controllers, {"none"}, attributes);
  }
  return make_filesystem("cgroup", "cgroup", {}, controllers, attributes);
}

Result<> mount_view(int directory, const std::vector<std::string>& controllers,
                    const std::string& mount_point, const MountOptions& options, bool namespaced) {
  if (namespaced) {
    TRY_ASSIGN(const Fd tree, make_view(controllers, options.set));
    if (attach_mount(tree.get(), directory) != 0) return fail_errno("attach {}", mount_point);
    return {};
  }
  TRY_ASSIGN(const std::string group, own_group(controllers));
  TRY_ASSIGN(const Fd tree, clone_tree(AT_FDCWD, mount_point + group, false));
  TRY(apply_options(tree.get(), options));
  if (attach_mount(tree.get(), directory) != 0) return fail_errno("attach {}", mount_point);
  return {};
}

std::string joined(const std::vector<std::string>& controllers) {
  std::string name;
  for (const std::string& controller : controllers) {
    name.append(name.empty() ? "" : ",").append(controller);
  }
  return name;
}

}  // namespace

Result<> mount_cgroup(int root, const Mount& mount, const MountOptions& options, const Spec& spec) {
  const Namespace* entry = find_namespace(spec, CLONE_NEWCGROUP);
  const bool namespaced = entry != nullptr;
  TRY_ASSIGN(const CgroupRoots roots, find_cgroup_roots());
  TRY_ASSIGN(const Fd target, make_in_root(root, mount.destination, Missing::kDirectory));
  if (roots.is_unified()) {
    return mount_view(target.get(), {}, roots.unified, options, namespaced);
  }

  TRY_ASSIGN(const Fd tmpfs, make_filesystem("tmpfs", "tmpfs", {"mode=755"}, {},
                                             options.set & ~uint64_t{MOUNT_ATTR_RDONLY}));
  for (const CgroupHierarchy& hierarchy : roots.v1) {
    const auto& controllers = hierarchy.controllers;
    std::string name = joined(controllers);
    if (name.starts_with("name=")) name.erase(0, 5);
    if (::mkdirat(tmpfs.get(), name.c_str(), 0755) != 0) return fail_errno("make {}", name);
    if (controllers.size() < 2) continue;
    for (const std::string& controller : controllers) {
      if (::symlinkat(name.c_str(), tmpfs.get(), controller.c_str()) != 0) {
        return fail_errno("link {}", controller);
      }
    }
  }
  if (attach_mount(tmpfs.get(), target.get()) != 0) return fail_errno("attach the tmpfs");
  for (const CgroupHierarchy& hierarchy : roots.v1) {
    std::string name = joined(hierarchy.controllers);
    if (name.starts_with("name=")) name.erase(0, 5);
    TRY_ASSIGN(const Fd directory, open_file_at(tmpfs.get(), name, O_PATH | O_NOFOLLOW));
    TRY(mount_view(directory.get(), hierarchy.controllers, hierarchy.mount_point, options,
                   namespaced));
  }
  if ((options.set & MOUNT_ATTR_RDONLY) == 0) return {};
  mount_attr readonly{};
  readonly.attr_set = MOUNT_ATTR_RDONLY;
  if (set_mount_attributes(tmpfs.get(), readonly, false) != 0) {
    return fail_errno("make it read-only");
  }
  return {};
}

}  // namespace wasmedge::oci
