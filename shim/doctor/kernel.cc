#include <algorithm>
#include <array>

#include "oci/cgroup.h"
#include "oci/text.h"
#include "shim/doctor/checks.h"

namespace wasmedge::doctor {
namespace {

constexpr std::string_view kOldestKernel = "5.12";
constexpr std::string_view kNewKernel =
    "run Linux 5.12 or newer, and no sandbox around containerd that forbids it";

struct Call {
  std::string_view name;
  std::string_view use;
};
constexpr std::array kCalls = {
    Call{"clone3", "processes are made in their namespaces by it"},
    Call{"pidfd_open", "a container's end is told by it"},
    Call{"openat2", "no path of an image leads out of it by it"},
    Call{"mount_setattr", "volumes are made read-only by it"},
    Call{"fsopen", "filesystems are mounted by it"},
    Call{"close_range", "no descriptor gets into a container by it"},
};

struct NamespaceKind {
  std::string_view file;
  std::string_view option;  // of the kernel's build
};
constexpr std::array kNamespaces = {
    NamespaceKind{"mnt", "CONFIG_NAMESPACES"}, NamespaceKind{"pid", "CONFIG_PID_NS"},
    NamespaceKind{"net", "CONFIG_NET_NS"},     NamespaceKind{"ipc", "CONFIG_IPC_NS"},
    NamespaceKind{"uts", "CONFIG_UTS_NS"},     NamespaceKind{"cgroup", "CONFIG_CGROUPS"},
};

void check_calls(const Machine& machine, Report& report) {
  std::string have;
  for (const Call& call : kCalls) {
    if (machine.has_call(call.name)) {
      have.append(have.empty() ? "" : ", ").append(call.name);
    } else {
      report.problem(fmt::format("the system call {} is missing: {}", call.name, call.use),
                     std::string(kNewKernel));
    }
  }
  if (!have.empty()) report.ok("system calls {}", have);
}

void check_namespaces(const Machine& machine, Report& report) {
  std::string have;
  for (const NamespaceKind& kind : kNamespaces) {
    if (machine.status(fmt::format("/proc/self/ns/{}", kind.file))) {
      have.append(have.empty() ? "" : ", ").append(kind.file);
    } else {
      report.problem(fmt::format("the kernel has no {} namespaces", kind.file),
                     fmt::format("use a kernel that is built with {}", kind.option));
    }
  }
  if (!have.empty()) report.ok("namespaces {}", have);
  const auto most = machine.read("/proc/sys/user/max_user_namespaces");
  if (!machine.status("/proc/self/ns/user") || (most && most->starts_with("0"))) {
    report.note("no user namespaces: containers that ask for one cannot be created",
                "if you need them: sysctl user.max_user_namespaces=10000");
  } else {
    report.ok("user namespaces");
  }
}

void check_security(const Machine& machine, Report& report) {
  const auto actions = machine.read("/proc/sys/kernel/seccomp/actions_avail");
  if (actions && actions->find("errno") != std::string::npos) {
    report.ok("seccomp");
  } else {
    report.problem("the kernel has no seccomp filters, which each module runs under",
                   "use a kernel that is built with CONFIG_SECCOMP_FILTER");
  }
  const int landlock = machine.landlock_version();
  if (landlock == 0) {
    report.warning(
        "no Landlock: a policy's directories are held by the WASI host alone, without a second "
        "line",
        "put landlock into the kernel's parameter lsm= (Linux 5.13 or newer)");
  } else if (landlock < 4) {
    report.note(
        fmt::format("Landlock version {}: its second line holds directories, and no TCP ports",
                    landlock),
        "for ports: Linux 6.7 or newer");
  } else {
    report.ok("Landlock version {}", landlock);
  }
}

/// "memory, pids" of those that are not there.
std::string missing(const std::vector<std::string>& have,
                    std::initializer_list<std::string_view> wanted) {
  std::string list;
  for (const std::string_view each : wanted) {
    if (std::find(have.begin(), have.end(), each) != have.end()) continue;
    list.append(list.empty() ? "" : ", ").append(each);
  }
  return list;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string_view line : oci::split(text, '\n')) {
    for (const std::string_view word : oci::split(line, ' ')) {
      if (!word.empty()) words.emplace_back(word);
    }
  }
  return words;
}

}  // namespace

void check_kernel(const Machine& machine, Report& report) {
  report.about("kernel");
  const std::string release = machine.kernel_release();
  if (is_older(release, kOldestKernel)) {
    report.problem(fmt::format("Linux {} is older than {}", release, kOldestKernel),
                   std::string(kNewKernel));
  } else {
    report.ok("Linux {} on {}", release, machine.architecture());
  }
  if (machine.architecture() != "x86_64") {
    report.problem(
        fmt::format("this is {}: containers run on x86_64 alone", machine.architecture()),
        "use `wasmedge run` here, with what `wasmedge compile --target` made there");
  }
  check_calls(machine, report);
  check_namespaces(machine, report);
  check_security(machine, report);
  const auto filesystems = machine.read("/proc/filesystems");
  if (filesystems && filesystems->find("\toverlay\n") == std::string::npos) {
    report.note("the filesystem overlay, which most images need, is not there (yet)",
                "modprobe overlay");
  }
  if (machine.user() != 0) {
    report.warning("you are not root: not all could be looked at", "sudo wasmedge doctor");
  }
}

void check_cgroups(const Machine& machine, Report& report) {
  report.about("cgroups");
  const auto mounts = machine.read("/proc/self/mountinfo");
  const auto roots = mounts ? oci::parse_cgroup_roots(*mounts)
                            : Result<oci::CgroupRoots>(tl::unexpected<Error>(mounts.error()));
  if (!roots) {
    report.problem(roots.error().message, "mount -t cgroup2 none /sys/fs/cgroup");
    return;
  }
  std::vector<std::string> have;
  if (roots->is_unified()) {
    have = words_of(machine.read(roots->unified + "/cgroup.controllers").value_or(""));
    report.ok("version 2 at {}", roots->unified);
  } else {
    for (const oci::CgroupHierarchy& hierarchy : roots->v1) {
      have.insert(have.end(), hierarchy.controllers.begin(), hierarchy.controllers.end());
    }
    report.ok("version 1, {} hierarchies", roots->v1.size());
  }
  const std::string lacking = roots->is_unified()
                                  ? missing(have, {"cpu", "memory", "pids"})
                                  : missing(have, {"cpu", "memory", "pids", "devices", "freezer"});
  if (lacking.empty()) {
    report.ok("the controllers that containers need");
  } else {
    report.warning(
        fmt::format("no controller {}: a container with such a limit cannot be created", lacking),
        "enable it by the kernel's parameters (cgroup_enable=memory), and do not disable or mount "
        "it elsewhere");
  }
  if (const std::string more = missing(have, {"cpuset", "hugetlb"}); !more.empty()) {
    report.note(fmt::format("no controller {}: needed where a container asks for it", more));
  }
}

}  // namespace wasmedge::doctor
