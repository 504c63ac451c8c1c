#include "oci/oom_watch.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include "oci/cgroup_files.h"

namespace wasmedge::oci {
namespace {

Result<Fd> register_eventfd(const std::string& directory) {
  TRY_ASSIGN(const Fd control, open_file(directory + "/memory.oom_control", O_RDONLY));
  Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return fail_errno("make an eventfd");
  TRY(write_file(directory + "/cgroup.event_control",
                 fmt::format("{} {}", event.get(), control.get())));
  return event;
}

}  // namespace

Result<OomWatch> OomWatch::open(const Cgroup& group) {
  const std::string directory = group.directory("memory");
  if (directory.empty() || (group.is_unified() && !file_exists(directory, "memory.events"))) {
    return fail(ErrorCode::kFailedPrecondition,
                "control group {} has no memory controller: nothing tells when it is out of memory",
                group.path());
  }
  if (group.is_unified()) {
    TRY_ASSIGN(Fd events, open_file(directory + "/memory.events", O_RDONLY | O_NONBLOCK));
    return OomWatch(group, std::move(events));
  }
  TRY_ASSIGN(Fd event, register_eventfd(directory));
  return OomWatch(group, std::move(event));
}

OomWatch::Sight OomWatch::look() const {
  // Reading is what takes the notification: the eventfd's number, any of memory.events.
  std::array<char, 512> text{};
  [[maybe_unused]] const ssize_t taken = unified_ ? ::pread(fd_.get(), text.data(), text.size(), 0)
                                                  : ::read(fd_.get(), text.data(), text.size());
  if (unified_) return {.kills = group_.oom_kills()};
  const auto control = read_keyed(group_.directory("memory"), "memory.oom_control");
  const auto figure = [&](const char* key) {
    const auto found = control.find(key);
    return found == control.end() ? uint64_t{0} : found->second;
  };
  return {.kills = figure("oom_kill"),
          .stalled = figure("under_oom") == 1 && figure("oom_kill_disable") == 1};
}

}  // namespace wasmedge::oci
