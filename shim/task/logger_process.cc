#include "shim/task/logger_process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <utility>
#include <vector>

#include "oci/process.h"
#include "runtime/base/spawn.h"
#include "shim/task/commands.h"

namespace wasmedge::task {
namespace {

constexpr unsigned kFileMode = 0644;

struct Pipe {
  Fd reading, writing;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe to the logger");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
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

}  // namespace

Result<LoggerProcess> start_logger_process(const LoggerUri& logger, const std::string& id,
                                           const std::string& namespace_name) {
  std::vector<std::string> words = {logger.path};
  words.insert(words.end(), logger.arguments.begin(), logger.arguments.end());
  Fd file;
  if (logger.kind == LoggerUri::Kind::kFile) {
    TRY_ASSIGN(file, open_log(logger.path));
    words = {"/proc/self/exe", "-namespace", namespace_name, "-id", id, "append"};
  }
  TRY_ASSIGN(Pipe out, make_pipe());
  TRY_ASSIGN(Pipe err, make_pipe());
  TRY_ASSIGN(Pipe ready, make_pipe());
  const std::array<int, 6> fds = {
      -1, file.get(), -1, out.reading.get(), err.reading.get(), ready.writing.get()};
  static_assert(kLoggerOut == 3 && kLoggerErr == 4 && kLoggerReady == 5);
  SpawnRequest request{
      .program = words[0],
      .arguments = std::move(words),
      .environment = {{"CONTAINER_ID=" + id, "CONTAINER_NAMESPACE=" + namespace_name}}};
  TRY_ASSIGN(const pid_t pid, spawn(std::move(request), fds, "the logger " + logger.path));
  Fd pidfd = oci::pidfd_of(pid);
  if (!pidfd) {
    const auto error = fail_errno("open the process of the logger {}", logger.path);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return error;
  }
  return LoggerProcess{pid, std::move(pidfd), std::move(out.writing), std::move(err.writing),
                       std::move(ready.reading)};
}

}  // namespace wasmedge::task
