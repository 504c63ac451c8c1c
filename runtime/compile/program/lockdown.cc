#include "runtime/compile/program/lockdown.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <vector>

#include "runtime/base/fd.h"

namespace wasmedge::compile {
namespace {

constexpr uid_t kNobody = 65534;

Result<> limit(__rlimit_resource resource, rlim_t soft, rlim_t hard, std::string_view name) {
  // A lower limit that we were started with stays.
  rlimit current{};
  if (::getrlimit(resource, &current) != 0) return fail_errno("read the limit of {}", name);
  const rlimit wanted{std::min(soft, current.rlim_max), std::min(hard, current.rlim_max)};
  if (::setrlimit(resource, &wanted) != 0) return fail_errno("limit {} to {}", name, soft);
  return {};
}

Result<> limit_resources(const Bounds& bounds) {
  // At the soft limit of CPU time comes SIGXCPU, which tells the supervisor why the child ended.
  TRY(limit(RLIMIT_CPU, bounds.cpu_seconds, bounds.cpu_seconds + 5, "CPU time"));
  TRY(limit(RLIMIT_FSIZE, bounds.output_bytes, bounds.output_bytes, "file size"));
  TRY(limit(RLIMIT_CORE, 0, 0, "core dumps"));
  if (confined_fully()) {
    TRY(limit(RLIMIT_AS, bounds.memory_bytes, bounds.memory_bytes, "memory"));
    TRY(limit(RLIMIT_NOFILE, 0, 0, "open files"));
  }
  return {};
}

// Closes everything but stderr and `keep`.
Result<> close_others(std::span<const int> keep) {
  std::vector<int> kept(keep.begin(), keep.end());
  kept.push_back(STDERR_FILENO);
  std::sort(kept.begin(), kept.end());
  unsigned next = 0;
  for (const int fd : kept) {
    const auto number = static_cast<unsigned>(fd);
    if (number > next && ::close_range(next, number - 1, 0) != 0) return fail_errno("close files");
    next = number + 1;
  }
  if (::close_range(next, ~0u, 0) != 0) return fail_errno("close files");
  return {};
}

// Raising it is always allowed; where /proc is not mounted it stays as it is.
void be_first_to_be_killed() {
  [[maybe_unused]] const auto written = write_file("/proc/self/oom_score_adj", "1000");
}

Result<> become_nobody() {
  if (::geteuid() != 0) return {};
  // In a user namespace without these calls or this user, root is no root outside; seccomp holds
  // it.
  const bool done = ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
                    ::setresuid(kNobody, kNobody, kNobody) == 0;
  if (!done && errno != EINVAL && errno != EPERM) return fail_errno("become user {}", kNobody);
  return {};
}

Result<> die_with(pid_t parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return fail_errno("prctl(PR_SET_PDEATHSIG)");
  if (::getppid() != parent) return fail(ErrorCode::kInternal, "the compiler's supervisor is gone");
  return {};
}

}  // namespace

Result<> lock_down(const Bounds& bounds, std::span<const int> keep, pid_t parent) {
  be_first_to_be_killed();
  TRY(close_others(keep));
  TRY(become_nobody());
  TRY(die_with(parent));  // a change of user would have cleared it
  TRY(limit_resources(bounds));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("prctl(NO_NEW_PRIVS)");
  if (confined_fully()) return restrict_system_calls();
  return {};
}

}  // namespace wasmedge::compile
