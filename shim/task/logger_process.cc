#include "shim/task/logger_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include "shim/task/commands.h"

namespace wasmedge::task {
namespace {

/// The fds that a child gets as 3, 4, 5 are opened above those, so that none overwrites another.
constexpr int kAboveGiven = 16;
constexpr unsigned kFileMode = 0644;

struct Pipe {
  Fd reading, writing;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe to the logger");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<Fd> raise(const Fd& low) {
  Fd high(::fcntl(low.get(), F_DUPFD_CLOEXEC, kAboveGiven));
  if (!high) return fail_errno("duplicate a file descriptor for the logger");
  return high;
}

/// Does not block on a fifo: such a file is refused.
Result<Fd> open_log(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (error) {
    errno = error.value();
    return fail_errno("make the directory of the log file {}", path);
  }
  TRY_ASSIGN(Fd file,
             open_file(path, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK, kFileMode));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return fail_errno("stat {}", path);
  if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) {
    return fail(ErrorCode::kInvalidArgument, "the log {} is no regular file", path);
  }
  return file;
}

/// What the child gets: fds by their numbers there, -1 for /dev/null, and nothing else.
class Spawn {
 public:
  explicit Spawn(std::span<const int> fds) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int number = 0;
    for (const int fd : fds) {
      if (fd < 0) {
        ::posix_spawn_file_actions_addopen(&actions_, number, "/dev/null", O_RDWR, 0);
      } else {
        ::posix_spawn_file_actions_adddup2(&actions_, fd, number);
      }
      number++;
    }
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, number);
  }
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  Result<pid_t> run(std::vector<std::string> words, std::vector<std::string> environment) {
    pid_t pid = 0;
    const auto argv = pointers(words);
    const auto envp = pointers(environment);
    errno = ::posix_spawn(&pid, argv[0], &actions_, &attributes_, argv.data(), envp.data());
    if (errno != 0) return fail_errno("cannot run the logger {}", words[0]);
    return pid;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Result<LoggerProcess> start_logger_process(const LoggerUri& logger, const std::string& id,
                                           const std::string& namespace_name) {
  std::vector<std::string> words = {logger.path};
  words.insert(words.end(), logger.arguments.begin(), logger.arguments.end());
  Fd file;
  if (logger.kind == LoggerUri::Kind::kFile) {
    TRY_ASSIGN(const Fd log, open_log(logger.path));
    TRY_ASSIGN(file, raise(log));
    words = {"/proc/self/exe", "-namespace", namespace_name, "-id", id, "append"};
  }
  TRY_ASSIGN(Pipe out, make_pipe());
  TRY_ASSIGN(Pipe err, make_pipe());
  TRY_ASSIGN(Pipe ready, make_pipe());
  TRY_ASSIGN(const Fd given_out, raise(out.reading));
  TRY_ASSIGN(const Fd given_err, raise(err.reading));
  TRY_ASSIGN(const Fd given_ready, raise(ready.writing));
  const std::array<int, 6> fds = {
      -1, file.get(), -1, given_out.get(), given_err.get(), given_ready.get()};
  static_assert(kLoggerOut == 3 && kLoggerErr == 4 && kLoggerReady == 5);
  TRY_ASSIGN(const pid_t pid,
             Spawn(fds).run(std::move(words),
                            {"CONTAINER_ID=" + id, "CONTAINER_NAMESPACE=" + namespace_name}));
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    const Error error = fail_errno("open the process of the logger {}", logger.path).value();
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return tl::unexpected<Error>(error);
  }
  return LoggerProcess{pid, std::move(pidfd), std::move(out.writing), std::move(err.writing),
                       std::move(ready.reading)};
}

}  // namespace wasmedge::task
