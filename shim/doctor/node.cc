#include "shim/doctor/node.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <memory>

#include "oci/text.h"
#include "runtime/base/fd.h"
#include "runtime/base/spawn.h"

namespace wasmedge::doctor {
namespace {

constexpr size_t kMostBytes = size_t{1} << 20;
constexpr auto kPatience = std::chrono::seconds(10);

std::string link_target(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  return size < 0 ? std::string() : std::string(target.data(), static_cast<size_t>(size));
}

std::string last_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

/// A file of /proc with NULs between its parts.
std::vector<std::string> parts_of(const std::string& path) {
  const auto text = read_file(path, kMostBytes);
  std::vector<std::string> parts;
  if (!text) return parts;
  for (const std::string_view part : oci::split(*text, '\0')) parts.emplace_back(part);
  if (!parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

/// Processes in this mount namespace whose executable has that name.
std::vector<pid_t> processes(std::string_view program) {
  std::vector<pid_t> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir("/proc"), &::closedir);
  if (!stream) return found;
  const std::string ours = link_target("/proc/self/ns/mnt");
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc()) continue;
    std::string executable = link_target(fmt::format("/proc/{}/exe", pid));
    if (constexpr std::string_view kGone = " (deleted)"; executable.ends_with(kGone)) {
      executable.resize(executable.size() - kGone.size());
    }
    if (last_name(executable) != program) continue;
    if (link_target(fmt::format("/proc/{}/ns/mnt", pid)) == ours) found.push_back(pid);
  }
  std::sort(found.begin(), found.end());
  return found;
}

struct Type {
  long magic;
  std::string_view name;
};
constexpr std::array kTypes = {
    Type{EXT4_SUPER_MAGIC, "ext4"},         Type{XFS_SUPER_MAGIC, "xfs"},
    Type{BTRFS_SUPER_MAGIC, "btrfs"},       Type{TMPFS_MAGIC, "tmpfs"},
    Type{OVERLAYFS_SUPER_MAGIC, "overlay"}, Type{NFS_SUPER_MAGIC, "nfs"},
    Type{CIFS_SUPER_MAGIC, "cifs"},         Type{SMB2_SUPER_MAGIC, "smb2"},
    Type{FUSE_SUPER_MAGIC, "fuse"},         Type{V9FS_MAGIC, "9p"},
    Type{CEPH_SUPER_MAGIC, "ceph"},
};

/// Appends what there is to read; at the end it is closed.
void take(Fd& from, std::string& text) {
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(from.get(), buffer.data(), buffer.size());
  if (size < 0 && errno == EINTR) return;
  if (size <= 0 || text.size() > kMostBytes) {
    from.reset();
  } else {
    text.append(buffer.data(), static_cast<size_t>(size));
  }
}

/// False: time is up.
bool read_both(Fd& out, Fd& errors, Output& output) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (out || errors) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    std::array<pollfd, 2> polls = {pollfd{out.get(), POLLIN, 0}, pollfd{errors.get(), POLLIN, 0}};
    if (::poll(polls.data(), polls.size(), static_cast<int>(left.count())) <= 0) continue;
    if (polls[0].revents != 0) take(out, output.text);
    if (polls[1].revents != 0) take(errors, output.errors);
  }
  return true;
}

}  // namespace

std::string Daemon::option(std::string_view name, std::string_view short_name) const {
  for (size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == name || (!short_name.empty() && argument == short_name)) {
      return i + 1 < arguments.size() ? arguments[i + 1] : std::string();
    }
    if (argument.starts_with(name) && argument.substr(name.size()).starts_with('=')) {
      return std::string(argument.substr(name.size() + 1));
    }
  }
  return {};
}

std::string Daemon::variable(const std::string& name) const {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::string Daemon::executable() const {
  return fmt::format("/proc/{}/exe", pid);
}

std::string Node::kernel_release() const {
  utsname names{};
  return ::uname(&names) == 0 ? names.release : "";
}

std::string Node::architecture() const {
  utsname names{};
  return ::uname(&names) == 0 ? names.machine : "";
}

uid_t Node::user() const {
  return ::geteuid();
}

std::string Node::variable(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::string Node::programs_directory() const {
  const std::string self = link_target("/proc/self/exe");
  return self.substr(0, self.rfind('/'));
}

Result<std::string> Node::read(const std::string& path) const {
  return read_file(path, kMostBytes);
}

Result<std::string> Node::head(const std::string& path) const {
  TRY_ASSIGN(const Fd file, open_file(path, O_RDONLY | O_NONBLOCK));
  std::string bytes(4096, '\0');
  const ssize_t size = ::pread(file.get(), bytes.data(), bytes.size(), 0);
  if (size < 0) return fail_errno("read {}", path);
  bytes.resize(static_cast<size_t>(size));
  return bytes;
}

Result<FileStatus> Node::status(const std::string& path) const {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return fail_errno("{}", path);
  return FileStatus{status.st_mode, status.st_uid, status.st_ino};
}

Result<Filesystem> Node::filesystem(const std::string& path) const {
  struct statfs kind{};
  struct statvfs figures{};
  if (::statfs(path.c_str(), &kind) != 0 || ::statvfs(path.c_str(), &figures) != 0) {
    return fail_errno("look at the filesystem of {}", path);
  }
  const auto type = std::find_if(kTypes.begin(), kTypes.end(), [&](const Type& each) {
    return each.magic == static_cast<long>(kind.f_type);
  });
  return Filesystem{
      .type = type == kTypes.end() ? fmt::format("{:#x}", kind.f_type) : std::string(type->name),
      .free_bytes = figures.f_bavail * figures.f_frsize,
      .read_only = (figures.f_flag & ST_RDONLY) != 0,
      .no_exec = (figures.f_flag & ST_NOEXEC) != 0};
}

Result<Output> Node::run(const std::vector<std::string>& arguments) const {
  std::array<int, 2> out{}, err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe");
  Fd out_reader(out[0]), out_writer(out[1]);
  if (::pipe2(err.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe");
  Fd err_reader(err[0]), err_writer(err[1]);
  const std::array<int, 3> fds = {-1, out_writer.get(), err_writer.get()};
  TRY_ASSIGN(const pid_t pid,
             spawn({.program = arguments[0], .arguments = arguments}, fds, arguments[0]));
  out_writer.reset();
  err_writer.reset();
  Output output;
  const bool in_time = read_both(out_reader, err_reader, output);
  if (!in_time) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) {
    return fail(ErrorCode::kUnavailable, "{} did not end within {} s", arguments[0],
                kPatience.count());
  }
  output.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return output;
}

/// With arguments that the kernel refuses before it does anything, and that a filter, which looks
/// at the number alone, does not.
bool Node::has_call(std::string_view name) const {
  long result = 0;
  if (name == "clone3") result = ::syscall(SYS_clone3, nullptr, 0);
  if (name == "pidfd_open") result = ::syscall(SYS_pidfd_open, -1, 0);
  if (name == "openat2") result = ::syscall(SYS_openat2, -1, nullptr, nullptr, 0);
  if (name == "mount_setattr") result = ::syscall(SYS_mount_setattr, -1, nullptr, ~0u, nullptr, 0);
  if (name == "fsopen") result = ::syscall(SYS_fsopen, nullptr, ~0u);
  if (name == "close_range") result = ::syscall(SYS_close_range, 1, 0, 0);
  // fsopen looks at rights first, and those are told of elsewhere.
  return result >= 0 || (errno != ENOSYS && (errno != EPERM || ::geteuid() != 0));
}

int Node::landlock_version() const {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

std::vector<Daemon> Node::daemons() const {
  std::vector<Daemon> daemons;
  for (const char* program : {"containerd", "dockerd"}) {
    for (const pid_t pid : processes(program)) {
      Daemon daemon;
      daemon.program = program;
      daemon.pid = pid;
      daemon.arguments = parts_of(fmt::format("/proc/{}/cmdline", pid));
      for (const std::string& variable : parts_of(fmt::format("/proc/{}/environ", pid))) {
        const size_t equals = variable.find('=');
        if (equals == std::string::npos) continue;
        daemon.environment.emplace(variable.substr(0, equals), variable.substr(equals + 1));
      }
      struct stat status{};
      if (::stat(fmt::format("/proc/{}", pid).c_str(), &status) != 0) continue;  // it has ended
      daemon.user = status.st_uid;
      daemons.push_back(std::move(daemon));
    }
  }
  return daemons;
}

bool Node::runs(std::string_view program) const {
  return !processes(program).empty();
}

}  // namespace wasmedge::doctor
