#include "oci/mount_options.h"

#include <sys/mount.h>

#include <array>
#include <string_view>

namespace wasmedge::oci {
namespace {

struct Attribute {
  std::string_view name;
  uint64_t set;
  uint64_t clear;
};
/// Each also with an "r" before it: recursively. Times are one field: setting one clears the rest.
constexpr std::array kAttributes = {
    Attribute{"ro", MOUNT_ATTR_RDONLY, 0},
    Attribute{"rw", 0, MOUNT_ATTR_RDONLY},
    Attribute{"nosuid", MOUNT_ATTR_NOSUID, 0},
    Attribute{"suid", 0, MOUNT_ATTR_NOSUID},
    Attribute{"nodev", MOUNT_ATTR_NODEV, 0},
    Attribute{"dev", 0, MOUNT_ATTR_NODEV},
    Attribute{"noexec", MOUNT_ATTR_NOEXEC, 0},
    Attribute{"exec", 0, MOUNT_ATTR_NOEXEC},
    Attribute{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
    Attribute{"diratime", 0, MOUNT_ATTR_NODIRATIME},
    Attribute{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
    Attribute{"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW},
    Attribute{"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    Attribute{"norelatime", 0, 0},
    Attribute{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    Attribute{"atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    Attribute{"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    Attribute{"nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
};

struct Propagation {
  std::string_view name;
  unsigned long flags;
};
constexpr std::array kPropagations = {
    Propagation{"private", MS_PRIVATE},       Propagation{"rprivate", MS_PRIVATE | MS_REC},
    Propagation{"shared", MS_SHARED},         Propagation{"rshared", MS_SHARED | MS_REC},
    Propagation{"slave", MS_SLAVE},           Propagation{"rslave", MS_SLAVE | MS_REC},
    Propagation{"unbindable", MS_UNBINDABLE}, Propagation{"runbindable", MS_UNBINDABLE | MS_REC},
};

/// Defaults of the kernel, spelled out; nothing to do.
constexpr std::array<std::string_view, 8> kNothing = {"defaults",   "async", "nolazytime", "nomand",
                                                      "noiversion", "loud",  "remount",    "acl"};

constexpr std::string_view kBind = "bind", kRecursiveBind = "rbind", kCopyUp = "tmpcopyup",
                           kIdmap = "idmap", kRecursiveIdmap = "ridmap";

template <typename List>
bool contains(const List& list, std::string_view name) {
  for (const std::string_view entry : list) {
    if (entry == name) return true;
  }
  return false;
}

bool take_attribute(std::string_view name, uint64_t& set, uint64_t& clear) {
  for (const Attribute& attribute : kAttributes) {
    if (attribute.name != name) continue;
    // The last word on a bit wins.
    set = (set & ~attribute.clear) | attribute.set;
    clear = (clear & ~attribute.set) | attribute.clear;
    return true;
  }
  return false;
}

bool take_propagation(std::string_view name, unsigned long& flags) {
  for (const Propagation& propagation : kPropagations) {
    if (propagation.name != name) continue;
    flags = propagation.flags;
    return true;
  }
  return false;
}

}  // namespace

MountOptions parse_mount_options(const std::vector<std::string>& options) {
  MountOptions parsed;
  for (const std::string& option : options) {
    const std::string_view name = option;
    if (name == kBind || name == kRecursiveBind) {
      parsed.bind = true;
      parsed.recursive = parsed.recursive || name == kRecursiveBind;
    } else if (name == kCopyUp) {
      parsed.copy_up = true;
    } else if (name == kIdmap || name == kRecursiveIdmap) {
      parsed.idmap = true;
      parsed.recursive_idmap = parsed.recursive_idmap || name == kRecursiveIdmap;
    } else if (take_attribute(name, parsed.set, parsed.clear) ||
               take_propagation(name, parsed.propagation) || contains(kNothing, name) ||
               (name.starts_with('r') &&
                take_attribute(name.substr(1), parsed.recursive_set, parsed.recursive_clear))) {
      continue;
    } else if (name.find('=') == std::string_view::npos) {
      parsed.flags.push_back(option);
    } else {
      parsed.settings.push_back(option);
    }
  }
  return parsed;
}

std::vector<std::string> mount_option_names() {
  std::vector<std::string> names = {std::string(kBind), std::string(kRecursiveBind),
                                    std::string(kCopyUp), std::string(kIdmap),
                                    std::string(kRecursiveIdmap)};
  for (const Attribute& attribute : kAttributes) {
    names.emplace_back(attribute.name);
    names.push_back(fmt::format("r{}", attribute.name));
  }
  for (const Propagation& propagation : kPropagations) names.emplace_back(propagation.name);
  names.insert(names.end(), kNothing.begin(), kNothing.end());
  return names;
}

}  // namespace wasmedge::oci
