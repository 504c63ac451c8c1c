#include "oci/launch.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>

#include "oci/process.h"
#include "oci/user_namespace.h"

namespace wasmedge::oci {
namespace {

/// Above every fixed number, with room for what is being moved there.
constexpr int kHighFd = 64;

/// `what` is for the message. fcntl(2) says EINVAL where the limit on descriptors is below kHighFd.
Result<Fd> duplicate_high(int fd, std::string_view what) {
  Fd copy(::fcntl(fd, F_DUPFD_CLOEXEC, kHighFd));
  if (copy) return copy;
  if (errno == EINVAL) errno = EMFILE;
  return fail_errno("duplicate {}", what);
}

struct JoinedNamespace {
  int type = 0;
  std::string path;
  Fd fd;
};

/// All that the child needs, opened while errors can still be returned.
struct Plan {
  uint64_t new_namespaces = 0;        // CLONE_NEW* for clone3
  bool new_cgroup_namespace = false;  // unshared after joining the group, or it would show ours
  bool wait_for_maps = false;
  std::vector<JoinedNamespace> joined;
  std::vector<Fd> join_files;
  Fd config, null, control;
  Fd mounts, root;  // of a container that is joined
  HostTrees trees;
};

struct NamespaceFile {
  int type;
  const char* name;
};
constexpr std::array kNamespaceFiles = {
    NamespaceFile{CLONE_NEWUSER, "user"}, NamespaceFile{CLONE_NEWPID, "pid"},
    NamespaceFile{CLONE_NEWNET, "net"},   NamespaceFile{CLONE_NEWIPC, "ipc"},
    NamespaceFile{CLONE_NEWUTS, "uts"},   NamespaceFile{CLONE_NEWCGROUP, "cgroup"},
};

bool is_our_own(const Fd& file, const char* name) {
  struct stat theirs{}, ours{};
  return ::fstat(file.get(), &theirs) == 0 &&
         ::stat(fmt::format("/proc/self/ns/{}", name).c_str(), &ours) == 0 &&
         theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev;
}

/// The namespaces and the root of the container's first process.
Result<> plan_to_join(pid_t pid, Plan& plan) {
  for (const NamespaceFile& each : kNamespaceFiles) {
    std::string path = fmt::format("/proc/{}/ns/{}", pid, each.name);
    TRY_ASSIGN(Fd file, open_file(path, O_RDONLY));
    if (is_our_own(file, each.name)) continue;  // a user namespace cannot be joined twice
    plan.joined.push_back({each.type, std::move(path), std::move(file)});
  }
  TRY_ASSIGN(plan.mounts, open_file(fmt::format("/proc/{}/ns/mnt", pid), O_RDONLY));
  TRY_ASSIGN(plan.root, open_file(fmt::format("/proc/{}/root", pid), O_PATH | O_DIRECTORY));
  return {};
}

Result<> plan_namespaces(const Spec& spec, Plan& plan) {
  for (const Namespace& entry : spec.namespaces) {
    if (!entry.path.empty()) {
      auto opened = open_file(entry.path, O_RDONLY);
      if (!opened) return wrap(opened.error(), "config.json: linux.namespaces");
      plan.joined.push_back({entry.type, entry.path, std::move(*opened)});
    } else if (entry.type == CLONE_NEWCGROUP) {
      plan.new_cgroup_namespace = true;
    } else {
      plan.new_namespaces |= static_cast<uint32_t>(entry.type);
      if (entry.type == CLONE_NEWUSER) plan.wait_for_maps = true;
    }
  }
  return {};
}

Result<Plan> make_plan(const LaunchRequest& request) {
  Plan plan;
  if (request.join != 0) {
    TRY(plan_to_join(request.join, plan));
  } else {
    TRY(plan_namespaces(*request.spec, plan));
  }
  TRY_ASSIGN(plan.config, open_file(request.bundle + "/config.json", O_RDONLY));
  TRY_ASSIGN(plan.null, open_file("/dev/null", O_RDWR));
  if (request.cgroup != nullptr) {
    TRY_ASSIGN(plan.join_files, request.cgroup->join_files());
  }
  if (find_namespace(*request.spec, CLONE_NEWUSER) != nullptr &&
      (request.join == 0 || request.beside_module)) {
    const bool mounts = !request.rootfs_mounts.empty();
    TRY_ASSIGN(plan.trees,
               open_host_trees(
                   *request.spec, request.bundle, root_path(*request.spec, request.bundle, mounts),
                   request.rootfs_mounts, request.join == 0 ? Wanted::kAll : Wanted::kKernelPaths));
  }
  return plan;
}

bool needs_intermediate(const Plan& plan) {
  for (const JoinedNamespace& entry : plan.joined) {
    if (entry.type == CLONE_NEWPID || entry.type == CLONE_NEWUSER) return true;
  }
  return false;
}

long clone_into(uint64_t flags) {
  clone_args arguments{};
  arguments.flags = flags;
  // With CLONE_PARENT the kernel takes the caller's own exit signal.
  arguments.exit_signal = (flags & CLONE_PARENT) != 0 ? 0 : SIGCHLD;
  return ::syscall(SYS_clone3, &arguments, sizeof arguments);
}

Result<> enter(const JoinedNamespace& entry) {
  if (::setns(entry.fd.get(), entry.type) == 0) return {};
  return fail_errno("config.json: linux.namespaces: join {}", entry.path);
}

/// "0" is the writer itself: for a single-threaded process the kernel then needs no global lock.
Result<> join_cgroup(const Plan& plan) {
  for (const Fd& file : plan.join_files) {
    if (::write(file.get(), "0", 1) != 1) return fail_errno("join the control group");
  }
  return {};
}

/// Puts each source at its fixed number. They are first moved out of the way of the targets.
Result<> place_descriptors(const std::vector<std::pair<int, int>>& moves) {
  std::vector<std::pair<Fd, int>> high;
  for (const auto& [from, to] : moves) {
    TRY_ASSIGN(Fd copy, duplicate_high(from, fmt::format("descriptor {}", from)));
    high.emplace_back(std::move(copy), to);
  }
  for (const auto& [from, to] : high) {
    if (::dup2(from.get(), to) < 0) return fail_errno("place descriptor {}", to);
  }
  // Everything else goes at the execve, descriptors too that others opened carelessly.
  if (::close_range(kControlFd, ~0u, CLOSE_RANGE_CLOEXEC) != 0) {
    return fail_errno("close descriptors");
  }
  for (const auto& [from, to] : moves) ::fcntl(to, F_SETFD, 0);
  return {};
}

/// Other processes of a pid namespace that we join must not be able to trace us, or to get at our
/// descriptors by /proc, until wasmedge-init has made itself unreadable (CVE-2016-9962). The kernel
/// does that for us across the execve of a process whose effective ids are not its real ones.
Result<> stay_unreadable(const Spec& spec) {
  constexpr auto kKeep = static_cast<gid_t>(-1);
  if (find_namespace(spec, CLONE_NEWUSER) != nullptr) {
    if (::setresgid(kKeep, 0, kKeep) == 0 && ::setresuid(kKeep, 0, kKeep) == 0) return {};
  } else if (::setresgid(kKeep, 1, kKeep) == 0) {
    return {};
  }
  return fail_errno("become unreadable for the container's processes");
}

/// The child, from the clone to the program's first instruction.
Result<> become_program(const LaunchRequest& request, const Plan& plan) {
  if (plan.wait_for_maps) {
    // The setup message comes after the maps are written; until then we are nobody.
    pollfd ready{plan.control.get(), POLLIN, 0};
    while (::poll(&ready, 1, -1) < 0 && errno == EINTR) {
    }
  }
  TRY(join_cgroup(plan));
  if (plan.new_cgroup_namespace && ::unshare(CLONE_NEWCGROUP) != 0) {
    return fail_errno("make a cgroup namespace");
  }
  for (const JoinedNamespace& entry : plan.joined) {
    if (entry.type != CLONE_NEWPID && entry.type != CLONE_NEWUSER) TRY(enter(entry));
  }
  if (needs_intermediate(plan)) {
    TRY(stay_unreadable(*request.spec));
  } else if (find_namespace(*request.spec, CLONE_NEWUSER) != nullptr) {
    TRY(become_root());
  }
  reset_signals();
  ::setsid();
  const auto or_null = [&](int fd) { return fd >= 0 ? fd : plan.null.get(); };
  std::vector<std::pair<int, int>> moves = {{or_null(request.stdin_fd), 0},
                                            {or_null(request.stdout_fd), 1},
                                            {or_null(request.stderr_fd), 2},
                                            {plan.control.get(), kControlFd},
                                            {plan.config.get(), kConfigFd}};
  if (request.cache >= 0) moves.emplace_back(request.cache, kCacheFd);
  if (plan.mounts) moves.emplace_back(plan.mounts.get(), kMountsFd);
  TRY_ASSIGN(const Fd program, duplicate_high(request.program, "the program's descriptor"));
  TRY(place_descriptors(moves));
  std::array<char*, 2> argv = {const_cast<char*>("wasmedge-init"), nullptr};
  std::array<char*, 1> envp = {nullptr};
  ::execveat(program.get(), "", argv.data(), envp.data(), AT_EMPTY_PATH);
  return fail_errno("execute wasmedge-init");
}

[[noreturn]] void run_child(const LaunchRequest& request, const Plan& plan) {
  const auto failed = become_program(request, plan);
  (void)send_control(plan.control.get(), kErrorMessage, encode_error(failed.error()));
  ::_exit(1);
}

/// Joining a pid or user namespace takes effect for children only: a short-lived process joins and
/// clones, with us as the parent of what it clones. Returns the pid, as we see it.
Result<pid_t> clone_through_intermediate(const LaunchRequest& request, const Plan& plan) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe");
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  const long intermediate = clone_into(0);
  if (intermediate < 0) return fail_errno("clone the container's first process");
  if (intermediate == 0) {
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // and so is what it clones: see stay_unreadable()
    Result<> entered;
    for (const int type : {CLONE_NEWUSER, CLONE_NEWPID}) {
      for (const JoinedNamespace& entry : plan.joined) {
        if (entered && entry.type == type) entered = enter(entry);
      }
    }
    long pid = -1;
    if (entered) pid = clone_into(plan.new_namespaces | CLONE_PARENT);
    if (pid == 0) run_child(request, plan);
    if (entered && pid < 0) entered = fail_errno("clone the container's first process");
    const pid_t number = static_cast<pid_t>(pid);
    const std::string answer =
        entered ? std::string(reinterpret_cast<const char*>(&number), sizeof number)
                : encode_error(entered.error());
    (void)write_all(writer.get(), answer, "pipe");
    ::_exit(entered ? 0 : 1);
  }
  writer.reset();
  auto answer = read_all(reader.get(), 65'536, "pipe");
  int status = 0;
  while (::waitpid(static_cast<pid_t>(intermediate), &status, 0) < 0 && errno == EINTR) {
  }
  if (!answer) return tl::unexpected<Error>(answer.error());
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return tl::unexpected<Error>(decode_error(*answer));
  }
  pid_t pid = 0;
  if (answer->size() != sizeof pid) return fail(ErrorCode::kInternal, "clone: no pid reported");
  std::memcpy(&pid, answer->data(), sizeof pid);
  return pid;
}

}  // namespace

Result<Launched> launch(const LaunchRequest& request) {
  TRY_ASSIGN(Plan plan, make_plan(request));
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno("make a control socket");
  }
  Launched launched;
  launched.control.reset(ends[0]);
  const Fd low(ends[1]);
  // Beyond the fixed numbers, so that the child can report on it to the last.
  TRY_ASSIGN(plan.control, duplicate_high(low.get(), "the control socket"));

  if (needs_intermediate(plan)) {
    TRY_ASSIGN(launched.pid, clone_through_intermediate(request, plan));
  } else {
    const long pid = clone_into(plan.new_namespaces);
    if (pid < 0) return fail_errno("clone the container's first process into its namespaces");
    if (pid == 0) run_child(request, plan);
    launched.pid = static_cast<pid_t>(pid);
  }
  // It is our unreaped child, so the number is still its own.
  launched.pidfd = pidfd_of(launched.pid);
  plan.control.reset();

  const auto finish = [&]() -> Result<> {
    if (!launched.pidfd) return fail_errno("open a pidfd");
    if (plan.wait_for_maps) TRY(write_id_maps(launched.pid, *request.spec));
    const Setup setup{.id = request.id,
                      .bundle = request.bundle,
                      .rootfs_mounts = request.rootfs_mounts,
                      .extra = request.extra,
                      .process = request.process,
                      .beside_module = request.beside_module,
                      .tree_count = static_cast<uint32_t>(plan.trees.size())};
    TRY(send_control(launched.control.get(), kSetupMessage, encode_setup(setup), plan.root.get()));
    return send_trees(launched.control.get(), plan.trees);
  };
  // A child that has died already has said why on the socket; the caller reads that.
  if (auto finished = finish(); !finished && finished.error().code != ErrorCode::kUnavailable) {
    ::kill(launched.pid, SIGKILL);
    while (::waitpid(launched.pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return tl::unexpected<Error>(finished.error());
  }
  return launched;
}

}  // namespace wasmedge::oci
