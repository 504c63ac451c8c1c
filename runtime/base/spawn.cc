#include "runtime/base/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <csignal>

#include "runtime/base/fd.h"

namespace wasmedge {
namespace {

/// posix_spawn(3)'s two argument objects.
class Plan {
 public:
  explicit Plan(bool own_group) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    const int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    ::posix_spawnattr_setflags(
        &attributes_, static_cast<short>(own_group ? flags | POSIX_SPAWN_SETPGROUP : flags));
  }
  ~Plan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  /// The child's next descriptors, from 0 on, and none beyond them.
  Result<> give(std::span<const int> fds) {
    int number = 0;
    for (const int fd : fds) {
      if (fd < 0) {
        ::posix_spawn_file_actions_addopen(&actions_, number, "/dev/null", O_RDWR, 0);
      } else {
        // Out of the way of what the child gets, so that no duplicate overwrites another.
        raised_.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, static_cast<int>(fds.size())));
        if (!raised_.back()) return fail_errno("duplicate descriptor {}", fd);
        ::posix_spawn_file_actions_adddup2(&actions_, raised_.back().get(), number);
      }
      number++;
    }
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, number);
    return {};
  }

  posix_spawn_file_actions_t* actions() { return &actions_; }
  posix_spawnattr_t* attributes() { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  std::vector<Fd> raised_;
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Result<pid_t> spawn(SpawnRequest request, std::span<const int> fds, std::string_view what) {
  Plan plan(request.own_group);
  TRY(plan.give(fds));
  const auto argv = pointers(request.arguments);
  std::vector<char*> own;
  if (request.environment) own = pointers(*request.environment);
  pid_t pid = 0;
  errno = ::posix_spawn(&pid, request.program.c_str(), plan.actions(), plan.attributes(),
                        argv.data(), request.environment ? own.data() : environ);
  if (errno != 0) return fail_errno("cannot run {}", what);
  return pid;
}

}  // namespace wasmedge
