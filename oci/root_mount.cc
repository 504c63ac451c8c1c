#include "oci/root_mount.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "oci/mount_calls.h"
#include "oci/mount_options.h"
#include "oci/mounts.h"
#include "oci/text.h"
#include "oci/user_namespace.h"

namespace wasmedge::oci {
namespace {

constexpr size_t kMountDataBytes = 4095;  // a page, less the NUL

Result<unsigned long> propagation_flags(const std::string& name) {
  const unsigned long flags = parse_mount_options({name}).propagation;
  if (flags == 0) {
    return fail(ErrorCode::kInvalidArgument,
                "config.json: linux.rootfsPropagation: \"{}\" is none of private, slave, shared, "
                "unbindable",
                name);
  }
  return flags;
}

/// mount(2)'s flags for the attributes that a root may have.
unsigned long mount_flags(const MountOptions& options) {
  struct Pair {
    uint64_t attribute;
    unsigned long flag;
  };
  constexpr std::array kPairs = {
      Pair{MOUNT_ATTR_RDONLY, MS_RDONLY},         Pair{MOUNT_ATTR_NOSUID, MS_NOSUID},
      Pair{MOUNT_ATTR_NODEV, MS_NODEV},           Pair{MOUNT_ATTR_NOEXEC, MS_NOEXEC},
      Pair{MOUNT_ATTR_NOATIME, MS_NOATIME},       Pair{MOUNT_ATTR_STRICTATIME, MS_STRICTATIME},
      Pair{MOUNT_ATTR_NODIRATIME, MS_NODIRATIME},
  };
  unsigned long flags = 0;
  for (const Pair& pair : kPairs) {
    if ((options.set & pair.attribute) != 0) flags |= pair.flag;
  }
  return flags;
}

std::string join(const std::vector<std::string>& parts) {
  std::string joined;
  for (const std::string& part : parts) joined.append(joined.empty() ? "" : ",").append(part);
  return joined;
}

Result<Fd> attach_root(int tree, const std::string& path) {
  TRY_ASSIGN(const Fd target, open_file(path, O_PATH | O_DIRECTORY));
  if (attach_mount(tree, target.get()) != 0) return fail_errno("attach at {}", path);
  return open_file(path, O_PATH | O_DIRECTORY);
}

/// "0:100000:65536,…": in the container, on the host, how many.
Result<std::vector<IdMapping>> parse_id_maps(std::string_view text) {
  std::vector<IdMapping> maps;
  for (const std::string_view entry : split(text, ',')) {
    std::array<uint32_t, 3> numbers{};
    const auto parts = split(entry, ':');
    bool good = parts.size() == numbers.size();
    for (size_t i = 0; good && i < parts.size(); ++i) {
      const char* end = parts[i].data() + parts[i].size();
      const auto [stop, error] = std::from_chars(parts[i].data(), end, numbers[i]);
      good = error == std::errc() && stop == end;
    }
    if (!good) return fail(ErrorCode::kInvalidArgument, "\"{}\" is no map of ids", text);
    maps.push_back({numbers[0], numbers[1], numbers[2]});
  }
  return maps;
}

/// containerd's options uidmap= and gidmap=, taken out.
Result<IdMaps> take_id_maps(std::vector<std::string>& settings) {
  IdMaps maps;
  for (auto [name, list] : {std::pair("uidmap=", &maps.uids), std::pair("gidmap=", &maps.gids)}) {
    const auto found = std::find_if(settings.begin(), settings.end(),
                                    [&](const auto& setting) { return setting.starts_with(name); });
    if (found == settings.end()) continue;
    TRY_ASSIGN(*list, parse_id_maps(std::string_view(*found).substr(std::strlen(name))));
    settings.erase(found);
  }
  return maps;
}

/// An overlay has no maps of its own, but its lower layers may (Linux 5.19). They are put into a
/// filesystem at `path`, which the overlay will cover; the current directory is in it.
Result<> map_lower_layers(const std::string& path, const IdMaps& maps,
                          std::vector<std::string>& settings) {
  TRY_ASSIGN(const Fd layers, make_filesystem("tmpfs", "layers", {"mode=700"}, {}, 0));
  TRY(attach_root(layers.get(), path));
  int number = 0;
  for (std::string& setting : settings) {
    if (!setting.starts_with("lowerdir=")) continue;
    std::string mapped;
    for (const std::string_view layer : split(std::string_view(setting).substr(9), ':')) {
      TRY_ASSIGN(const Fd tree, clone_tree(AT_FDCWD, std::string(layer), false));
      TRY(map_owners(tree.get(), maps, false));
      const std::string name = std::to_string(number++);
      if (::mkdirat(layers.get(), name.c_str(), 0700) != 0) return fail_errno("make {}", name);
      TRY_ASSIGN(const Fd place, open_file_at(layers.get(), name, O_PATH));
      if (attach_mount(tree.get(), place.get()) != 0) return fail_errno("attach {}", layer);
      mapped.append(mapped.empty() ? "" : ":").append(name);
    }
    setting = "lowerdir=" + mapped;
  }
  if (::chdir(path.c_str()) != 0) return fail_errno("{}", path);
  return {};
}

Result<> mount_one(const std::string& path, const Mount& mount) {
  MountOptions options = parse_mount_options(mount.options);
  TRY_ASSIGN(const IdMaps maps, take_id_maps(options.settings));
  const bool mapped = !maps.uids.empty() && !maps.gids.empty();
  if (options.bind || mount.type == "bind") {
    TRY_ASSIGN(const Fd tree, clone_tree(AT_FDCWD, mount.source, options.recursive));
    if (mapped) TRY(map_owners(tree.get(), maps, false));
    TRY(apply_options(tree.get(), options));
    TRY(attach_root(tree.get(), path));
    return {};
  }
  std::vector<std::string> settings = options.settings;
  if (mapped && mount.type == "overlay") TRY(map_lower_layers(path, maps, settings));
  settings.insert(settings.end(), options.flags.begin(), options.flags.end());
  std::string data = join(settings);
  if (data.size() > kMountDataBytes) {
    const std::string base = shorten_overlay(settings);
    data = join(settings);
    if (base.empty() || data.size() > kMountDataBytes) {
      return fail(ErrorCode::kResourceExhausted,
                  "its options are longer than {} bytes: the image has too many layers",
                  kMountDataBytes);
    }
    if (::chdir(base.c_str()) != 0) return fail_errno("{}", base);
  }
  if (::mount(mount.source.c_str(), path.c_str(), mount.type.c_str(), mount_flags(options),
              data.c_str()) != 0) {
    return fail_errno("options \"{}\"", data);
  }
  return {};
}

Result<> set_propagation(const char* path, unsigned long flags) {
  if (::mount(nullptr, path, nullptr, flags, nullptr) == 0) return {};
  return fail_errno("set the propagation of mount {}", path);
}

}  // namespace

std::string shorten_overlay(std::vector<std::string>& settings) {
  // Split each setting that holds paths; remember which these are.
  std::string base;
  bool first = true;
  const auto holds_paths = [](std::string_view setting) {
    return setting.starts_with("lowerdir=") || setting.starts_with("upperdir=") ||
           setting.starts_with("workdir=");
  };
  for (const std::string& setting : settings) {
    if (!holds_paths(setting)) continue;
    for (const std::string_view path :
         split(std::string_view(setting).substr(setting.find('=') + 1), ':')) {
      if (first) base = path;
      first = false;
      size_t same = 0;
      while (same < base.size() && same < path.size() && base[same] == path[same]) ++same;
      base.resize(same);
    }
  }
  base.resize(base.rfind('/') == std::string::npos ? 0 : base.rfind('/'));
  if (base.empty()) return base;
  for (std::string& setting : settings) {
    if (!holds_paths(setting)) continue;
    const size_t equals = setting.find('=');
    std::string shorter = setting.substr(0, equals + 1);
    for (const std::string_view path : split(std::string_view(setting).substr(equals + 1), ':')) {
      if (!shorter.ends_with('=')) shorter += ':';
      shorter += path.substr(base.size() + 1);
    }
    setting = std::move(shorter);
  }
  return base;
}

Result<> separate_mounts(const std::string& propagation, const std::string& root_path) {
  if (propagation.empty()) return set_propagation("/", MS_SLAVE | MS_REC);
  TRY_ASSIGN(const unsigned long flags, propagation_flags(propagation));
  TRY(set_propagation("/", flags | MS_REC));
  if ((flags & MS_SHARED) == 0) return {};
  // Volumes may then propagate to the host, but the root filesystem must not appear there: the
  // mount it will stand on becomes private. Only mount points take the flag.
  std::string path = root_path;
  while (::mount(nullptr, path.c_str(), nullptr, MS_PRIVATE, nullptr) != 0) {
    if (errno != EINVAL || path == "/") return fail_errno("make the mount of {} private", path);
    const size_t slash = path.rfind('/');
    path = slash == 0 ? "/" : path.substr(0, slash);
  }
  return {};
}

Result<Fd> mount_root(const std::string& path, const std::vector<Mount>& mounts, int tree) {
  if (tree >= 0) return attach_root(tree, path);
  if (mounts.empty()) {
    // Already in place (Docker's graph drivers); pivot_root(2) wants a mount point.
    TRY_ASSIGN(const Fd copy, clone_tree(AT_FDCWD, path, true));
    return attach_root(copy.get(), path);
  }
  for (const Mount& mount : mounts) {
    if (auto mounted = mount_one(path, mount); !mounted) {
      return wrap(mounted.error(),
                  fmt::format("mount the root filesystem ({} from {})", mount.type, mount.source));
    }
  }
  return open_file(path, O_PATH | O_DIRECTORY);
}

Result<Fd> copy_root(int mount_namespace, const std::string& path) {
  TRY_ASSIGN(const Fd own, open_file("/proc/self/ns/mnt", O_RDONLY));
  if (::setns(mount_namespace, CLONE_NEWNS) != 0) return fail_errno("enter the container's mounts");
  const auto tree = clone_tree(AT_FDCWD, "/", true);
  if (::setns(own.get(), CLONE_NEWNS) != 0) return fail_errno("leave the container's mounts");
  if (!tree) return wrap(tree.error(), "copy the container's mounts");
  mount_attr attributes{};
  attributes.attr_clr = MOUNT_ATTR_RDONLY;
  attributes.propagation = MS_PRIVATE;
  if (set_mount_attributes(tree->get(), attributes, false) != 0) {
    return fail_errno("separate the copy of the container's root");
  }
  return attach_root(tree->get(), path);
}

Result<> pivot_root(int root, bool readonly, const std::string& propagation) {
  // The old root is stacked on the new one and taken off again: no directory is needed for it.
  TRY_ASSIGN(const Fd old_root, open_file("/", O_PATH | O_DIRECTORY));
  if (::fchdir(root) != 0) return fail_errno("enter the root filesystem");
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return fail_errno("pivot_root");
  // Its unmounting must not reach the host; "." were the new root, whose volumes may be shared.
  if (::fchdir(old_root.get()) != 0) return fail_errno("enter the old root");
  TRY(set_propagation(".", MS_SLAVE | MS_REC));
  if (::umount2(".", MNT_DETACH) != 0) return fail_errno("let go of the host's root");
  if (::chdir("/") != 0) return fail_errno("enter /");
  if (!propagation.empty()) {
    TRY_ASSIGN(const unsigned long flags, propagation_flags(propagation));
    TRY(set_propagation("/", flags));
  }
  if (!readonly) return {};
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (::mount_setattr(AT_FDCWD, "/", 0, &attributes, sizeof attributes) != 0) {
    return fail_errno("make the root read-only");
  }
  return {};
}

}  // namespace wasmedge::oci
