#include "oci/mounts.h"

#include <dirent.h>
#include <sys/stat.h>

#include <array>

#include "oci/cgroup_mount.h"
#include "oci/mount_calls.h"
#include "oci/rootfs.h"
#include "oci/user_namespace.h"

namespace wasmedge::oci {
namespace {

/// The kernel's reasons, read from the filesystem context: lines of "e overlay: …".
std::string kernel_log(int context) {
  std::string log;
  std::array<char, 512> line{};
  for (ssize_t size = 0; (size = ::read(context, line.data(), line.size())) > 0;) {
    std::string_view text(line.data(), static_cast<size_t>(size));
    if (text.size() > 2) text.remove_prefix(2);
    while (text.ends_with('\n')) text.remove_suffix(1);
    log.append(log.empty() ? "" : "; ").append(text);
  }
  return log;
}

tl::unexpected<Error> context_error(int context, std::string_view doing) {
  const int error = errno;
  const std::string log = kernel_log(context);
  errno = error;
  return log.empty() ? fail_errno("{}", doing) : fail_errno("{} ({})", doing, log);
}

Result<> attach(int tree, int target, const std::string& destination) {
  if (attach_mount(tree, target) != 0) return fail_errno("attach at {}", destination);
  return {};
}

Result<> bind(int root, const Mount& mount, int source) {
  struct stat status{};
  if (::fstat(source, &status) != 0) return fail_errno("source {}", mount.source);
  const Missing kind = S_ISDIR(status.st_mode) ? Missing::kDirectory : Missing::kFile;
  TRY_ASSIGN(const Fd target, make_in_root(root, mount.destination, kind));
  struct stat there{};
  if (::fstat(target.get(), &there) != 0) return fail_errno("destination {}", mount.destination);
  if (S_ISDIR(status.st_mode) != S_ISDIR(there.st_mode)) {
    const bool from_directory = S_ISDIR(status.st_mode);
    errno = ENOTDIR;  // the kernel says EINVAL, which says nothing
    return fail_errno("the {} is a directory, the {}", from_directory ? "source" : "destination",
                      from_directory ? "destination" : "source");
  }
  return attach(source, target.get(), mount.destination);
}

Result<Fd> clone_source(const Mount& mount, const MountOptions& options,
                        const std::string& bundle) {
  if (!options.flags.empty() || !options.settings.empty()) {
    const auto& odd = options.flags.empty() ? options.settings : options.flags;
    return fail(ErrorCode::kInvalidArgument, "option \"{}\" is unknown for a bind mount", odd[0]);
  }
  const std::string source =
      mount.source.starts_with('/') ? mount.source : fmt::format("{}/{}", bundle, mount.source);
  auto tree = clone_tree(AT_FDCWD, source, options.recursive);
  if (!tree) return wrap(tree.error(), "source");
  return tree;
}

/// The mount's own maps, or those of the container's user namespace.
Result<IdMaps> maps_of(const Mount& mount, const Spec& spec) {
  IdMaps maps{mount.uid_mappings, mount.gid_mappings};
  if (maps.uids.empty() && maps.gids.empty()) maps = {spec.uid_mappings, spec.gid_mappings};
  if (!maps.uids.empty() && !maps.gids.empty()) return maps;
  return fail(ErrorCode::kInvalidArgument, "option idmap: uidMappings or gidMappings is missing");
}

Result<> check_copy_up(int root, const Mount& mount) {
  auto existing = open_in_root(root, clean_path(mount.destination), O_RDONLY | O_DIRECTORY);
  if (!existing) return {};  // it will be made, empty
  DIR* stream = ::fdopendir(existing->release());
  if (stream == nullptr) return fail_errno("{}", mount.destination);
  bool empty = true;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    empty = empty && (name == "." || name == "..");
  }
  ::closedir(stream);
  if (empty) return {};
  return fail(ErrorCode::kUnimplemented,
              "option tmpcopyup: the image has files there, and copying them is not supported");
}

Result<> mount_filesystem(int root, const Mount& mount, MountOptions options,
                          const std::string& label) {
  if (options.copy_up) TRY(check_copy_up(root, mount));
  if (!label.empty() && (mount.type == "tmpfs" || mount.type == "mqueue")) {
    options.settings.push_back(fmt::format("context=\"{}\"", label));
  }
  // proc and sysfs where the image says, but never behind a link of its making.
  const bool kernel = mount.type == "proc" || mount.type == "sysfs";
  TRY_ASSIGN(const Fd target, make_in_root(root, mount.destination, Missing::kDirectory,
                                           kernel ? Follow::kNever : Follow::kLinks));
  TRY_ASSIGN(const Fd tree, make_filesystem(mount.type, mount.source, options.settings,
                                            options.flags, options.set));
  MountOptions rest = options;
  rest.set = rest.clear = 0;
  TRY(apply_options(tree.get(), rest));
  return attach(tree.get(), target.get(), mount.destination);
}

}  // namespace

Result<Fd> make_filesystem(const std::string& type, const std::string& source,
                           const std::vector<std::string>& settings,
                           const std::vector<std::string>& flags, uint64_t attributes) {
  const Fd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
  if (!context) {
    if (errno != ENODEV) return fail_errno("filesystem {}", type);
    return fail(ErrorCode::kInvalidArgument, "the kernel knows no filesystem \"{}\"", type);
  }
  const auto set = [&](const std::string& key, const std::string& value) -> Result<> {
    if (::fsconfig(context.get(), FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0) == 0) {
      return {};
    }
    return context_error(context.get(), fmt::format("{} option {}={}", type, key, value));
  };
  if (!source.empty()) TRY(set("source", source));
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    TRY(set(setting.substr(0, equals), setting.substr(equals + 1)));
  }
  for (const std::string& flag : flags) {
    if (::fsconfig(context.get(), FSCONFIG_SET_FLAG, flag.c_str(), nullptr, 0) != 0) {
      return context_error(context.get(), fmt::format("{} option {}", type, flag));
    }
  }
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return context_error(context.get(), fmt::format("make filesystem {}", type));
  }
  Fd tree(::fsmount(context.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes)));
  if (!tree) return context_error(context.get(), fmt::format("mount filesystem {}", type));
  return tree;
}

Result<> apply_options(int mount, const MountOptions& options) {
  mount_attr one{};
  one.attr_set = options.set;
  one.attr_clr = options.clear;
  one.propagation = options.propagation & ~static_cast<unsigned long>(MS_REC);
  const bool spread = (options.propagation & MS_REC) != 0;
  if (spread && one.propagation != 0) {
    mount_attr all{};
    all.propagation = std::exchange(one.propagation, 0);
    if (set_mount_attributes(mount, all, true) != 0) return fail_errno("set the propagation");
  }
  if ((one.attr_set | one.attr_clr | one.propagation) != 0 &&
      set_mount_attributes(mount, one, false) != 0) {
    return fail_errno("set the mount's options");
  }
  mount_attr all{};
  all.attr_set = options.recursive_set;
  all.attr_clr = options.recursive_clear;
  if ((all.attr_set | all.attr_clr) != 0 && set_mount_attributes(mount, all, true) != 0) {
    return fail_errno("set the mounts' options recursively");
  }
  return {};
}

bool is_kernel_path(std::string_view destination) {
  const std::string path = clean_path(destination) + '/';
  return path.starts_with("/proc/") || path.starts_with("/sys/") || path.starts_with("/dev/");
}

std::string describe(const Mount& mount) {
  return fmt::format("mount {} at {}", mount.source.empty() ? mount.type : mount.source,
                     mount.destination);
}

bool is_bind(const Mount& mount) {
  return mount.type == "bind" || parse_mount_options(mount.options).bind;
}

Result<Fd> open_source(const Mount& mount, const Spec& spec, const std::string& bundle) {
  const MountOptions options = parse_mount_options(mount.options);
  TRY_ASSIGN(Fd tree, clone_source(mount, options, bundle));
  if (options.idmap || !mount.uid_mappings.empty() || !mount.gid_mappings.empty()) {
    TRY_ASSIGN(const IdMaps maps, maps_of(mount, spec));
    TRY(map_owners(tree.get(), maps, options.recursive_idmap));
  }
  TRY(apply_options(tree.get(), options));
  return tree;
}

Result<> mount_in_root(int root, const Mount& mount, const Spec& spec, const std::string& bundle,
                       int source) {
  const MountOptions options = parse_mount_options(mount.options);
  const auto act = [&]() -> Result<> {
    if (mount.type == "cgroup" || mount.type == "cgroup2") {
      return mount_cgroup(root, mount, options, spec);
    }
    if (source >= 0) return bind(root, mount, source);
    if (is_bind(mount)) {
      TRY_ASSIGN(const Fd tree, open_source(mount, spec, bundle));
      return bind(root, mount, tree.get());
    }
    if (mount.type.empty()) {
      return fail(ErrorCode::kInvalidArgument, "has no type, and no option bind or rbind");
    }
    return mount_filesystem(root, mount, options, spec.mount_label);
  };
  if (auto done = act(); !done) return wrap(done.error(), describe(mount));
  return {};
}

Result<> pin_directory(int root, const std::string& path, bool readonly) {
  TRY_ASSIGN(const Fd directory, open_in_root(root, path, O_PATH | O_DIRECTORY, Follow::kNever));
  const auto tree = clone_tree(directory.get(), "", true);
  if (!tree) return wrap(tree.error(), fmt::format("copy the mount of {}", path));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (readonly && set_mount_attributes(tree->get(), attributes, false) != 0) {
    return fail_errno("make {} read-only", path);
  }
  if (attach_mount(tree->get(), directory.get()) != 0) return fail_errno("mount {}", path);
  return {};
}

}  // namespace wasmedge::oci
