#include <elf.h>
#include <sys/stat.h>

#include <array>
#include <cstring>

#include "runtime/cache/key.h"
#include "shim/doctor/checks.h"
#include "shim/policy/policy.h"

/// Our own files: programs, cache, policy.
namespace wasmedge::doctor {
namespace {

constexpr std::array<std::string_view, 5> kPrograms = {"containerd-shim-wasmedge-v1",
                                                       "wasmedge-init", "wasmedge-compiler",
                                                       "wasmedge-image", "wasmedge"};
constexpr std::string_view kInstall = "sudo deploy/install, from one build, puts all five in place";

constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;

/// Does it need a dynamic loader? The program headers stand right behind the first one.
bool is_dynamic(std::string_view head) {
  Elf64_Ehdr header{};
  if (head.size() < sizeof header) return false;
  std::memcpy(&header, head.data(), sizeof header);
  for (size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    const size_t at = header.e_phoff + i * sizeof segment;
    if (at > head.size() || head.size() - at < sizeof segment) return false;
    std::memcpy(&segment, head.data() + at, sizeof segment);
    if (segment.p_type == PT_INTERP) return true;
  }
  return false;
}

/// Whether it may be trusted and run.
bool check_program(const Machine& machine, const std::string& path, Report& report) {
  const auto status = machine.status(path);
  if (!status) {
    report.problem(fmt::format("{} cannot be found: {}", path, status.error().message),
                   std::string(kInstall));
    return false;
  }
  if (!S_ISREG(status->mode) || (status->mode & 0111) == 0) {
    report.problem(fmt::format("{} cannot be executed", path), "chmod 0755 " + path);
    return false;
  }
  if (status->user != 0 || (status->mode & kOthersWrite) != 0) {
    report.problem(
        fmt::format("{} can be replaced by others than root: it is of user {}, mode {:o}", path,
                    status->user, status->mode & 07777),
        fmt::format("chown root:root {0} && chmod 0755 {0}", path));
  }
  if (const auto head = machine.head(path); head && is_dynamic(*head)) {
    report.problem(fmt::format("{} is not static: a container has no libraries for it", path),
                   "build with the preset release");
  }
  return true;
}

void check_directory(const Machine& machine, const std::string& directory, Report& report) {
  const auto status = machine.status(directory);
  if (status && (status->user != 0 || (status->mode & kOthersWrite) != 0)) {
    report.problem(fmt::format("{} can be changed by others than root: it is of user {}, mode {:o}",
                               directory, status->user, status->mode & 07777),
                   fmt::format("chown root:root {0} && chmod 0755 {0}", directory));
  }
}

/// "0.1.0 (build 00ff)", out of "NAME 0.1.0 (build 00ff)".
std::string build_of(const Machine& machine, const std::string& path) {
  const auto said = machine.run({path, "--version"});
  if (!said || said->status != 0) return {};
  std::string text = said->text.substr(0, said->text.find('\n'));
  const size_t space = text.find(' ');
  return space == std::string::npos ? std::string() : text.substr(space + 1);
}

std::string default_cache(const Machine& machine) {
  const std::string named = shim_variable(machine, "WASMEDGE_CACHE_DIR");
  return named.empty() ? "/var/cache/wasmedge" : named;
}

/// The nearest one above that is there.
std::string existing_part(const Machine& machine, std::string path) {
  while (path.size() > 1 && !machine.status(path)) {
    path.erase(std::max<size_t>(path.rfind('/'), 1));
  }
  return path;
}

void check_cache_filesystem(const Machine& machine, const std::string& directory, Report& report) {
  constexpr uint64_t kEnough = uint64_t{256} << 20;
  const auto filesystem = machine.filesystem(existing_part(machine, directory));
  if (!filesystem) {
    report.warning(filesystem.error().message, "see that the directory can be reached");
    return;
  }
  if (filesystem->no_exec) {
    report.problem(
        fmt::format("{} is mounted noexec: compiled code cannot be run from there", directory),
        "mount it without noexec, or set WASMEDGE_CACHE_DIR in containerd's environment");
  }
  if (filesystem->read_only) {
    report.warning(
        fmt::format("{} is mounted read-only: modules that are not in it are compiled at "
                    "each start",
                    directory),
        "mount it writable, or set WASMEDGE_CACHE_DIR in containerd's environment");
  }
  if (filesystem->free_bytes < kEnough) {
    report.warning(
        fmt::format("{} has {} MiB free: modules that do not fit are compiled at each start",
                    directory, filesystem->free_bytes >> 20),
        "free space, or delete the cache's files: what is needed is compiled anew");
  }
  for (const std::string_view remote : {"nfs", "cifs", "smb2", "fuse", "9p", "ceph"}) {
    if (filesystem->type != remote) continue;
    report.warning(
        fmt::format("{} is on {}: starts are slow, and whoever serves it is trusted with "
                    "native code",
                    directory, filesystem->type),
        "keep it on a disk of the node");
  }
  if (filesystem->type == "tmpfs") {
    report.note(fmt::format("{} is in memory: modules are compiled anew after a boot", directory));
  }
}

}  // namespace

void check_programs(const Machine& machine, Report& report) {
  report.about("programs");
  const std::string directory = machine.programs_directory();
  check_directory(machine, directory, report);
  const std::string ours = fmt::format("{} (build {})", PROJECT_VERSION, cache::compiler_build());
  size_t good = 0;
  for (const std::string_view name : kPrograms) {
    const std::string path = fmt::format("{}/{}", directory, name);
    if (!check_program(machine, path, report)) continue;
    const std::string theirs = build_of(machine, path);
    if (theirs == ours) {
      ++good;
    } else {
      report.problem(fmt::format("{} is of another build: {}, where the shim is {}", path,
                                 theirs.empty() ? "it does not say which" : theirs, ours),
                     std::string(kInstall));
    }
  }
  if (good == kPrograms.size()) report.ok("all five in {}, version {}", directory, ours);
}

void check_cache(const Machine& machine, Report& report) {
  report.about("cache");
  const std::string directory = default_cache(machine);
  const auto status = machine.status(directory);
  if (!status && status.error().code == ErrorCode::kNotFound) {
    report.ok("{} will be made when the first module is compiled", directory);
  } else if (!status) {
    report.warning(status.error().message, "see that the directory can be reached");
  } else if (!S_ISDIR(status->mode)) {
    report.problem(fmt::format("{} is not a directory", directory), "remove it");
    return;
  } else if (status->user != 0 || (status->mode & 077) != 0) {
    report.problem(
        fmt::format(
            "{} is of user {}, mode {:o}: native code is run from there, so it must be "
            "root's alone; as it is, it is not used, and modules are compiled at each start",
            directory, status->user, status->mode & 07777),
        fmt::format("rm -rf {}: it is made anew", directory));
  } else {
    report.ok("{}", directory);
  }
  check_cache_filesystem(machine, directory, report);
}

void check_policy_file(const Machine& machine, const std::string& path, std::string_view where,
                       Report& report) {
  const auto text = machine.read(path);
  if (!text) {
    report.problem(
        fmt::format("{} names a policy that cannot be read: {}", where, text.error().message),
        "make the file, or take its name away: until then no container starts");
    return;
  }
  if (const auto policy = policy::policy_of({}, {{path, *text}}); !policy) {
    report.problem(policy.error().message,
                   "correct it (deploy/policy.toml is an example): until then no container starts");
    return;
  }
  const auto status = machine.status(path);
  if (status && (status->user != 0 || (status->mode & kOthersWrite) != 0)) {
    report.problem(fmt::format("{} can be changed by others than root: it is of user {}, mode {:o}",
                               path, status->user, status->mode & 07777),
                   fmt::format("chown root:root {0} && chmod 0644 {0}", path));
    return;
  }
  report.ok("{} ({})", path, where);
}

void check_policy(const Machine& machine, Report& report) {
  constexpr char kNodePolicy[] = "/etc/wasmedge/policy.toml";
  report.about("policy");
  if (const std::string named = shim_variable(machine, "WASMEDGE_POLICY"); !named.empty()) {
    check_policy_file(machine, named, "WASMEDGE_POLICY in containerd's environment", report);
  } else if (machine.status(kNodePolicy)) {
    check_policy_file(machine, kNodePolicy, "binds every module of this node", report);
  } else {
    report.ok("no {}: a module may do what its container may", kNodePolicy);
  }
}

}  // namespace wasmedge::doctor
