#include "oci/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>

#include "oci/cgroup_files.h"
#include "oci/device_filter.h"
#include "oci/text.h"

namespace wasmedge::oci {
namespace {

/// A new cpuset group has no CPUs and no memory nodes, and takes no process until it has: it starts
/// with its parent's.
Result<> inherit_cpuset(const std::string& parent, const std::string& directory) {
  for (const char* file : {"cpuset.cpus", "cpuset.mems"}) {
    if (read_text(directory, file).find_first_of("0123456789") != std::string::npos) continue;
    TRY(write_file(fmt::format("{}/{}", directory, file), read_text(parent, file)));
  }
  return {};
}

/// mkdir -p below `root`; true if the last directory is new.
Result<bool> make_directories(const std::string& root, std::string_view path, bool cpuset) {
  std::string parent = root;
  bool made = false;
  for (const std::string_view name : split(path.substr(1), '/')) {
    std::string directory = fmt::format("{}/{}", parent, name);
    made = ::mkdir(directory.c_str(), 0755) == 0;
    if (!made && errno != EEXIST) return fail_errno("make control group {}", directory);
    if (cpuset) TRY(inherit_cpuset(parent, directory));
    parent = std::move(directory);
  }
  return made;
}

std::vector<std::string> nested(const std::string& directory) {
  std::vector<std::string> names;
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return names;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") {
      names.push_back(fmt::format("{}/{}", directory, name));
    }
  }
  ::closedir(stream);
  return names;
}

/// The group's processes and those of groups below it. Depth is bounded by PATH_MAX.
void collect_pids(const std::string& directory, std::vector<pid_t>& pids) {
  for (const uint64_t pid : read_figures(directory, "cgroup.procs")) {
    if (pid != 0) pids.push_back(static_cast<pid_t>(pid));  // 0: in a pid namespace above ours
  }
  for (const std::string& child : nested(directory)) collect_pids(child, pids);
}

/// True: gone. False: busy.
Result<bool> remove_tree(const std::string& directory) {
  if (::rmdir(directory.c_str()) == 0 || errno == ENOENT) return true;
  if (errno != EBUSY) return fail_errno("remove control group {}", directory);
  const std::vector<std::string> children = nested(directory);
  if (children.empty()) return false;
  for (const std::string& child : children) {
    TRY_ASSIGN(const bool gone, remove_tree(child));
    if (!gone) return false;
  }
  if (::rmdir(directory.c_str()) == 0 || errno == ENOENT) return true;
  if (errno == EBUSY) return false;
  return fail_errno("remove control group {}", directory);
}

}  // namespace

Cgroup Cgroup::at(CgroupRoots roots, std::string path) {
  return Cgroup(std::move(roots), std::move(path));
}

Result<Cgroup> Cgroup::create(const CgroupRoots& roots, std::string path,
                              const Resources& resources) {
  Cgroup group(roots, std::move(path));
  const auto build = [&]() -> Result<> {
    bool fresh = false;
    if (roots.is_unified()) {
      TRY_ASSIGN(fresh, make_directories(roots.unified, group.path_, false));
      enable_controllers_v2(roots.unified, group.path_);
    }
    for (const CgroupHierarchy& hierarchy : roots.v1) {
      const auto& names = hierarchy.controllers;
      const bool cpuset = std::find(names.begin(), names.end(), "cpuset") != names.end();
      TRY_ASSIGN(const bool made, make_directories(hierarchy.mount_point, group.path_, cpuset));
      fresh = fresh || made;
    }
    TRY_ASSIGN(const auto processes, group.pids());
    if (!fresh && !processes.empty()) {
      return fail(ErrorCode::kAlreadyExists, "control group {} exists, with {} processes in it",
                  group.path_, processes.size());
    }
    Result<> applied = group.update(resources);
    if (applied) {
      applied = group.is_unified() ? attach_device_filter(group.directory({}), resources)
                                   : apply_devices_v1(group, resources);
    }
    return applied ? applied : wrap(applied.error(), "config.json");
  };
  if (auto built = build(); !built) {
    // Whatever is left after this has processes that are not ours.
    if (built.error().code != ErrorCode::kAlreadyExists) (void)group.try_remove();
    return tl::unexpected<Error>(built.error());
  }
  return group;
}

std::vector<std::string> Cgroup::directories() const {
  if (is_unified()) return {roots_.unified + path_};
  std::vector<std::string> all;
  all.reserve(roots_.v1.size());
  for (const CgroupHierarchy& hierarchy : roots_.v1) all.push_back(hierarchy.mount_point + path_);
  return all;
}

std::string Cgroup::directory(std::string_view controller) const {
  if (is_unified()) return roots_.unified + path_;
  for (const CgroupHierarchy& hierarchy : roots_.v1) {
    const auto& names = hierarchy.controllers;
    if (std::find(names.begin(), names.end(), controller) != names.end()) {
      return hierarchy.mount_point + path_;
    }
  }
  return {};
}

Result<std::vector<Fd>> Cgroup::join_files() const {
  std::vector<Fd> files;
  for (const std::string& directory : directories()) {
    const char* name = is_unified() ? "cgroup.procs" : "tasks";
    TRY_ASSIGN(Fd file, open_file(fmt::format("{}/{}", directory, name), O_WRONLY));
    files.push_back(std::move(file));
  }
  return files;
}

Result<> Cgroup::update(const Resources& resources) const {
  return is_unified() ? apply_v2(directory({}), resources) : apply_v1(*this, resources);
}

Result<CgroupFigures> Cgroup::figures() const {
  const std::string probe = is_unified() ? directory({}) : directories().front();
  if (!file_exists(probe, "cgroup.procs")) {
    return fail(ErrorCode::kNotFound, "control group {} does not exist", path_);
  }
  return is_unified() ? figures_v2(probe) : figures_v1(*this);
}

uint64_t Cgroup::oom_kills() const {
  const auto counts = is_unified() ? read_keyed(directory({}), "memory.events")
                                   : read_keyed(directory("memory"), "memory.oom_control");
  const auto found = counts.find("oom_kill");
  return found == counts.end() ? 0 : found->second;
}

Result<std::vector<pid_t>> Cgroup::pids() const {
  std::vector<pid_t> pids;
  const std::string first = directories().front();
  if (!file_exists(first, "cgroup.procs")) {
    return fail(ErrorCode::kNotFound, "control group {} does not exist", path_);
  }
  // Every hierarchy: a process may have moved itself in one of them.
  for (const std::string& directory : directories()) collect_pids(directory, pids);
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  return pids;
}

Result<> Cgroup::kill_all() const {
  if (is_unified() && file_exists(directory({}), "cgroup.kill")) {
    return write_file(directory({}) + "/cgroup.kill", "1");
  }
  // Members may fork while we go through the list; a few rounds catch their children.
  for (int round = 0; round < 10; ++round) {
    auto members = pids();
    if (!members || members->empty()) return {};
    for (const pid_t pid : *members) {
      if (::kill(pid, SIGKILL) != 0 && errno != ESRCH) return fail_errno("kill process {}", pid);
    }
    TRY(set_frozen(false));
  }
  return {};
}

Result<> Cgroup::set_frozen(bool frozen) const {
  if (is_unified()) {
    return write_file(directory({}) + "/cgroup.freeze", frozen ? "1" : "0");
  }
  const std::string freezer = directory("freezer");
  if (!freezer.empty()) return write_file(freezer + "/freezer.state", frozen ? "FROZEN" : "THAWED");
  if (!frozen) return {};
  return fail(ErrorCode::kFailedPrecondition,
              "this machine has mounted no control group hierarchy of the freezer");
}

bool Cgroup::is_frozen() const {
  if (!is_unified()) return read_text(directory("freezer"), "freezer.state").starts_with("FROZEN");
  const auto events = read_keyed(directory({}), "cgroup.events");
  const auto found = events.find("frozen");
  return found != events.end() && found->second == 1;
}

Result<bool> Cgroup::try_remove() const {
  bool gone = true;
  for (const std::string& directory : directories()) {
    TRY_ASSIGN(const bool removed, remove_tree(directory));
    gone = gone && removed;
  }
  return gone;
}

Result<> Cgroup::remove(int timeout_ms) const {
  constexpr int kStepMs = 5;
  for (int waited = 0;; waited += kStepMs) {
    TRY_ASSIGN(const bool gone, try_remove());
    if (gone) return {};
    if (waited >= timeout_ms) break;
    const timespec step{0, kStepMs * 1'000'000L};
    ::nanosleep(&step, nullptr);
  }
  auto left = pids();
  return fail(ErrorCode::kUnavailable, "control group {} still has {} processes after {} ms", path_,
              left ? left->size() : 0, timeout_ms);
}

}  // namespace wasmedge::oci
