#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"

/// A container's control group: version 1 (one directory in each mounted hierarchy) or version 2
/// (one directory). Source: the kernel's admin-guide/cgroup-v1 and cgroup-v2.
namespace wasmedge::oci {

/// One mounted version 1 hierarchy: its controllers ("cpu", "cpuacct"; "name=systemd") and where.
struct CgroupHierarchy {
  std::vector<std::string> controllers;
  std::string mount_point;
};

/// Where this machine's control groups are. `unified` is set where version 2 is what manages
/// resources (it is mounted at /sys/fs/cgroup); a hybrid machine counts as version 1.
struct CgroupRoots {
  std::string unified;
  std::vector<CgroupHierarchy> v1;

  bool is_unified() const { return !unified.empty(); }
};

/// From the text of /proc/self/mountinfo. kFailedPrecondition if no hierarchy is mounted.
Result<CgroupRoots> parse_cgroup_roots(std::string_view mountinfo);
/// Of the running machine.
Result<CgroupRoots> find_cgroup_roots();

/// Path below a hierarchy's root, "/…", from linux.cgroupsPath: a path as it is (relative ones from
/// the root); "slice:prefix:name" as systemd would lay it out ("system.slice:docker:ab" ->
/// "/system.slice/docker-ab.scope"); empty -> "/wasmedge/<container_id>". A component "..", an
/// empty name or a control byte is kInvalidArgument.
Result<std::string> cgroup_path(std::string_view cgroups_path, std::string_view container_id);

/// Raw figures of one block device: `op` as the kernel prints it ("Read", "rbytes"; version 1's
/// files of one number a device have none).
struct BlockIoFigure {
  uint64_t major = 0;
  uint64_t minor = 0;
  std::string op;
  uint64_t value = 0;
  std::string device = {};  // "/dev/sda"; version 1 alone
};

/// Huge pages of one size ("2MB"), in bytes.
struct HugepageFigure {
  std::string page_size;
  uint64_t usage = 0;
  uint64_t limit = 0;                    // version 2 alone
  uint64_t max_usage = 0, failures = 0;  // version 1 alone
};

/// One RDMA device's resources; ~0: no limit.
struct RdmaFigure {
  std::string device;
  uint64_t handles = 0, objects = 0;
};

/// One line of a *.pressure file: share of the time in percent, and the whole in microseconds.
struct Pressure {
  double avg10 = 0, avg60 = 0, avg300 = 0;
  uint64_t total_us = 0;
};
/// A *.pressure file (the kernel's accounting/psi).
struct PressureFigures {
  Pressure some, full;
};

/// What the kernel counts. Maps hold the files' own keys and units: version 1 CPU times in
/// nanoseconds (cpuacct; cpu.stat's throttled_time), version 2's in microseconds (`usage_usec`…).
/// A limit of ~0 is "max".
struct CgroupFigures {
  bool unified = false;

  std::map<std::string, uint64_t> cpu_stat;     // cpu.stat
  std::map<std::string, uint64_t> memory_stat;  // memory.stat
  uint64_t memory_usage = 0;                    // usage_in_bytes / memory.current
  uint64_t memory_limit = 0;                    // limit_in_bytes / memory.max
  uint64_t swap_usage = 0;                      // memsw.usage_in_bytes / memory.swap.current
  uint64_t swap_limit = 0;                      // memsw.limit_in_bytes / memory.swap.max
  uint64_t memory_max_usage = 0;                // max_usage_in_bytes / memory.peak
  uint64_t swap_max_usage = 0;                  // memsw.max_usage_in_bytes / memory.swap.peak
  uint64_t pids_current = 0;
  uint64_t pids_limit = 0;  // ~0: none
  std::vector<HugepageFigure> hugepages;
  std::vector<RdmaFigure> rdma_current, rdma_limit;

  // Version 1 alone.
  uint64_t cpu_total_ns = 0, cpu_user_ns = 0, cpu_kernel_ns = 0;
  std::vector<uint64_t> cpu_each_ns;  // by CPU
  uint64_t memory_failures = 0, swap_failures = 0;
  uint64_t kernel_usage = 0, kernel_limit = 0, kernel_max_usage = 0, kernel_failures = 0;
  uint64_t tcp_usage = 0, tcp_limit = 0, tcp_max_usage = 0, tcp_failures = 0;
  std::map<std::string, uint64_t> oom_control;  // memory.oom_control
  /// By what they count, as the files are named ("io_service_bytes"); only what the kernel has.
  std::map<std::string, std::vector<BlockIoFigure>> block_io;

  // Version 2 alone.
  std::map<std::string, uint64_t> memory_events;  // memory.events
  std::vector<BlockIoFigure> io_stat;             // io.stat
  /// Absent where the kernel does not account for it.
  std::optional<PressureFigures> cpu_pressure, memory_pressure, io_pressure;
};

/// One container's group. A value: it holds paths, no descriptors; destroying it removes nothing.
class Cgroup {
 public:
  /// Makes the directories (and missing parents) and applies `resources`, before any process is in
  /// it. On failure nothing that it made stays. `path` is from cgroup_path(). A group that exists
  /// and has processes is kAlreadyExists.
  static Result<Cgroup> create(const CgroupRoots& roots, std::string path,
                               const Resources& resources);
  /// An existing group, or what is left of it: after a restart, or in the `delete` command.
  static Cgroup at(CgroupRoots roots, std::string path);

  const std::string& path() const { return path_; }
  bool is_unified() const { return roots_.is_unified(); }
  /// The group's directory for a controller ("memory"); empty if no such hierarchy is mounted.
  std::string directory(std::string_view controller) const;
  std::vector<std::string> directories() const;

  /// Writable descriptors of the files that a single-threaded process writes "0" to, to join:
  /// `tasks` of each hierarchy, or `cgroup.procs`.
  Result<std::vector<Fd>> join_files() const;

  Result<> update(const Resources& resources) const;
  /// kNotFound if the group is gone.
  Result<CgroupFigures> figures() const;
  /// Processes that the kernel killed here for lack of memory; 0 if the group is gone.
  uint64_t oom_kills() const;
  /// Process ids in the group and below it; kNotFound if it is gone.
  Result<std::vector<pid_t>> pids() const;
  /// Has the kernel stop every process in the group, or continue them. They stop in their own time;
  /// is_frozen() tells when all have. kFailedPrecondition if the machine has no freezer.
  Result<> set_frozen(bool frozen) const;
  bool is_frozen() const;
  /// Sends SIGKILL to every process in the group and below it, frozen ones included; a group that
  /// is gone is no error.
  Result<> kill_all() const;

  /// Removes the directories (of nested groups too). True: all gone. False: a process is still in
  /// it; try again in some milliseconds.
  Result<bool> try_remove() const;
  /// try_remove() until it is gone, sleeping between; kUnavailable after `timeout_ms`.
  Result<> remove(int timeout_ms) const;

 private:
  Cgroup(CgroupRoots roots, std::string path) : roots_(std::move(roots)), path_(std::move(path)) {}
  CgroupRoots roots_;
  std::string path_;
};

}  // namespace wasmedge::oci
