#include "runtime/cache/obtain.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <csignal>

#include "runtime/cache/reply.h"

namespace wasmedge::cache {
namespace {

constexpr int kModuleFd = 3;
constexpr int kReplyFd = 4;

// posix_spawn(3)'s two argument objects: stdin and stdout empty, stderr ours, the two fds in their
// places, nothing else; the caller's signal mask and handlers stay with the caller.
class SpawnSettings {
 public:
  SpawnSettings(int module, int reply) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, STDIN_FILENO, STDOUT_FILENO);
    if (module >= 0) {
      ::posix_spawn_file_actions_adddup2(&actions_, module, kModuleFd);
    } else {
      ::posix_spawn_file_actions_adddup2(&actions_, STDIN_FILENO, kModuleFd);
    }
    ::posix_spawn_file_actions_adddup2(&actions_, reply, kReplyFd);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, kReplyFd + 1);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  int spawn(pid_t& pid, std::vector<std::string>& arguments) {
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    return ::posix_spawn(&pid, argv[0], &actions_, &attributes_, argv.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// A duplicate above the numbers that the child's fds move to, so that none overwrites another.
Result<Fd> duplicate_high(int fd) {
  Fd high(::fcntl(fd, F_DUPFD_CLOEXEC, 16));
  if (!high) return fail_errno("duplicate a file descriptor for the compiler");
  return high;
}

}  // namespace

Result<Compilation> start_program(std::vector<std::string> arguments, int module,
                                  std::string name) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno("make a socket for the reply of {}", arguments[0]);
  }
  Compilation compilation{-1, Fd(ends[0]), std::move(name)};
  const Fd theirs(ends[1]);
  TRY_ASSIGN(const Fd reply, duplicate_high(theirs.get()));
  Fd input;
  if (module >= 0) {
    TRY_ASSIGN(input, duplicate_high(module));
    arguments.insert(arguments.end(), {"--module-fd", std::to_string(kModuleFd)});
  }
  arguments.insert(arguments.end(), {"--reply-fd", std::to_string(kReplyFd)});
  errno = SpawnSettings(input.get(), reply.get()).spawn(compilation.pid, arguments);
  if (errno != 0) return fail_errno("cannot run {}", arguments[0]);
  return compilation;
}

Result<Compilation> start(const CompileJob& job) {
  std::vector<std::string> arguments = {job.compiler, "--name", job.name};
  if (job.metered) arguments.emplace_back("--metered");
  if (!job.emit.empty()) arguments.insert(arguments.end(), {"--emit", job.emit});
  if (!job.function.empty()) arguments.insert(arguments.end(), {"--function", job.function});
  if (job.target != kThisArchitecture) {
    arguments.insert(arguments.end(), {"--target", std::string(name_of(job.target))});
  }
  if (!job.cache_directory.empty()) {
    // With a cache it matters that both sides make the same keys.
    arguments.insert(arguments.end(), {"--cache", job.cache_directory, "--client-build",
                                       std::string(compiler_build())});
  }
  return start_program(std::move(arguments), job.module, job.name);
}

Result<Compiled> receive(const Compilation& compilation) {
  TRY_ASSIGN(auto reply, receive_reply(compilation.reply.get()));
  if (!reply) {
    return fail(ErrorCode::kInternal,
                "the compiler died before it had compiled {}: was it killed (out of memory)?",
                compilation.name);
  }
  if (reply->failed) {
    return tl::unexpected<Error>(Error{reply->code, std::move(reply->text)});
  }
  return Compiled{std::move(reply->artifact), std::move(reply->text)};
}

Result<Compiled> finish(Compilation& compilation) {
  auto compiled = receive(compilation);
  compilation.reply.reset();
  while (::waitpid(compilation.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return compiled;
}

Result<std::optional<Fd>> find(const Store* store, std::span<const std::byte> module,
                               bool metered) {
  if (store == nullptr) return std::nullopt;
  return store->lookup(key_of(sha256(module), {.metered = metered}));
}

}  // namespace wasmedge::cache
