#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace wasmedge::oci {

/// The options of a mount, sorted by who acts on them (mount(8), runtime-spec config.md "Linux
/// mount options").
struct MountOptions {
  // MOUNT_ATTR_* of the mount alone, and of it and all below it ("rro").
  uint64_t set = 0, clear = 0;
  uint64_t recursive_set = 0, recursive_clear = 0;
  unsigned long propagation = 0;  // MS_PRIVATE…, with MS_REC; 0: as it comes
  bool bind = false;
  bool recursive = false;             // rbind
  bool copy_up = false;               // tmpcopyup
  bool idmap = false;                 // idmap, ridmap: owners are mapped
  bool recursive_idmap = false;       // ridmap
  std::vector<std::string> flags;     // of the filesystem, without a value: "sync"
  std::vector<std::string> settings;  // of the filesystem: "size=64m"
};

MountOptions parse_mount_options(const std::vector<std::string>& options);

/// Those that are not left to the filesystem.
std::vector<std::string> mount_option_names();

}  // namespace wasmedge::oci
