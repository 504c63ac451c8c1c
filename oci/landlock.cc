#include "oci/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wasmedge::oci {
namespace {

// What the headers of older kernels do not have.
constexpr uint64_t kRefer = uint64_t{1} << 13;
constexpr uint64_t kTruncate = uint64_t{1} << 14;
constexpr uint64_t kIoctlDev = uint64_t{1} << 15;
constexpr uint64_t kBindTcp = uint64_t{1} << 0;
constexpr uint64_t kConnectTcp = uint64_t{1} << 1;
constexpr uint64_t kScopeAbstractUnix = uint64_t{1} << 0;
constexpr uint64_t kScopeSignal = uint64_t{1} << 1;
constexpr int kRuleNetPort = 2;

struct RulesetAttr {
  uint64_t handled_access_fs = 0;
  uint64_t handled_access_net = 0;
  uint64_t scoped = 0;
};
struct NetPortAttr {
  uint64_t allowed_access = 0;
  uint64_t port = 0;
};

constexpr uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                            LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                            LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM | kRefer |
                            kTruncate;
/// Rights that a rule on a file, not a directory, may give.
constexpr uint64_t kOfFiles =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr uint64_t kFirstVersion = (uint64_t{1} << 13) - 1;

RulesetAttr handled_by(int version, const LandlockRules& rules) {
  RulesetAttr attr;
  attr.handled_access_fs = kFirstVersion;
  if (version >= 2) attr.handled_access_fs |= kRefer;
  if (version >= 3) attr.handled_access_fs |= kTruncate;
  if (version >= 4 && rules.bind_ports) attr.handled_access_net |= kBindTcp;
  if (version >= 4 && rules.connect_ports) attr.handled_access_net |= kConnectTcp;
  if (version >= 5) attr.handled_access_fs |= kIoctlDev;
  if (version >= 6) attr.scoped = kScopeAbstractUnix | kScopeSignal;
  return attr;
}

Result<> allow_path(int ruleset, int fd, uint64_t rights) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return fail_errno("landlock: stat");
  landlock_path_beneath_attr rule{};
  rule.allowed_access = S_ISDIR(status.st_mode) ? rights : rights & kOfFiles;
  rule.parent_fd = fd;
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) {
    return {};
  }
  return fail_errno("landlock: add a path");
}

Result<> allow_ports(int ruleset, const std::optional<std::vector<uint16_t>>& ports,
                     uint64_t access) {
  if (!ports) return {};
  for (const uint16_t port : *ports) {
    const NetPortAttr rule{access, port};
    if (::syscall(SYS_landlock_add_rule, ruleset, kRuleNetPort, &rule, 0) != 0) {
      return fail_errno("landlock: add port {}", port);
    }
  }
  return {};
}

}  // namespace

Result<Fd> make_landlock(const LandlockRules& rules) {
  const auto version = static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
  if (version < 0) return Fd();
  const RulesetAttr attr = handled_by(version, rules);
  // Older kernels know, and take, only the beginning of it.
  const size_t size = version >= 6   ? sizeof attr
                      : version >= 4 ? offsetof(RulesetAttr, scoped)
                                     : offsetof(RulesetAttr, handled_access_net);
  Fd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attr, size, 0)));
  if (!ruleset) return fail_errno("landlock: make a ruleset");
  const uint64_t read = attr.handled_access_fs & kRead;
  const uint64_t write = attr.handled_access_fs & (kRead | kWrite);
  if (rules.paths) {
    for (const LandlockRules::Path& path : *rules.paths) {
      TRY(allow_path(ruleset.get(), path.fd, path.read_only ? read : write));
    }
  } else {
    TRY_ASSIGN(const Fd root, open_file("/", O_PATH | O_DIRECTORY));
    TRY(allow_path(ruleset.get(), root.get(), write));
  }
  if ((attr.handled_access_net & kBindTcp) != 0) {
    TRY(allow_ports(ruleset.get(), rules.bind_ports, kBindTcp));
  }
  if ((attr.handled_access_net & kConnectTcp) != 0) {
    TRY(allow_ports(ruleset.get(), rules.connect_ports, kConnectTcp));
  }
  return ruleset;
}

Result<> enforce_landlock(const Fd& ruleset) {
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0) return {};
  return fail_errno("landlock: restrict the process");
}

}  // namespace wasmedge::oci
