#include <unistd.h>

#include <array>
#include <climits>

#include "oci/cgroup_files.h"
#include "oci/device_filter.h"
#include "oci/text.h"

/// Version 1 (admin-guide/cgroup-v1): a directory in each hierarchy, each with files of its own.
namespace wasmedge::oci {
namespace {

Result<> apply_memory(const std::string& directory, const Resources& resources) {
  const auto limit = resources.memory_limit.value_or(0);
  const auto swap = resources.memory_swap.value_or(0);
  const auto set_memory = [&] {
    return set_limit("memory.limit", directory, "memory.limit_in_bytes", fmt::to_string(limit));
  };
  const auto set_swap = [&] {
    return set_limit("memory.swap", directory, "memory.memsw.limit_in_bytes", fmt::to_string(swap));
  };
  // At every moment limit <= memsw must hold, so which comes first depends on what is there.
  bool swap_done = false;
  if (limit != 0) {
    if (auto first = set_memory(); !first) {
      if (swap == 0) return first;
      TRY(set_swap());
      TRY(set_memory());
      swap_done = true;
    }
  }
  if (swap != 0 && !swap_done) TRY(set_swap());
  if (resources.memory_reservation.value_or(0) != 0) {
    TRY(set_limit("memory.reservation", directory, "memory.soft_limit_in_bytes",
                  fmt::to_string(*resources.memory_reservation)));
  }
  if (resources.memory_swappiness) {
    TRY(set_limit("memory.swappiness", directory, "memory.swappiness",
                  fmt::to_string(*resources.memory_swappiness)));
  }
  if (!resources.disable_oom_killer) return {};
  return set_limit("memory.disableOOMKiller", directory, "memory.oom_control", "1");
}

Result<> apply_cpu(const Cgroup& group, const Resources& resources) {
  const std::string cpu = group.directory("cpu");
  if (resources.cpu_shares.value_or(0) != 0) {
    TRY(set_limit("cpu.shares", cpu, "cpu.shares", fmt::to_string(*resources.cpu_shares)));
  }
  if (resources.cpu_period.value_or(0) != 0) {
    TRY(set_limit("cpu.period", cpu, "cpu.cfs_period_us", fmt::to_string(*resources.cpu_period)));
  }
  if (resources.cpu_quota.value_or(0) != 0) {
    TRY(set_limit("cpu.quota", cpu, "cpu.cfs_quota_us", fmt::to_string(*resources.cpu_quota)));
  }
  const std::string cpuset = group.directory("cpuset");
  if (!resources.cpus.empty()) {
    TRY(set_limit("cpu.cpus", cpuset, "cpuset.cpus", resources.cpus));
  }
  if (!resources.mems.empty()) {
    TRY(set_limit("cpu.mems", cpuset, "cpuset.mems", resources.mems));
  }
  return {};
}

Result<> apply_block_io(const std::string& directory, const Resources& resources) {
  if (resources.block_io_weight.value_or(0) != 0) {
    const bool bfq = file_exists(directory, "blkio.bfq.weight");
    TRY(set_limit("blockIO.weight", directory, bfq ? "blkio.bfq.weight" : "blkio.weight",
                  fmt::to_string(*resources.block_io_weight)));
  }
  const auto throttle = [&](std::string_view field, std::string_view file,
                            const std::vector<Throttle>& rules) -> Result<> {
    for (const Throttle& rule : rules) {
      TRY(set_limit(field, directory, file,
                    fmt::format("{}:{} {}", rule.major, rule.minor, rule.rate)));
    }
    return {};
  };
  TRY(throttle("blockIO.throttleReadBpsDevice", "blkio.throttle.read_bps_device",
               resources.read_bps));
  TRY(throttle("blockIO.throttleWriteBpsDevice", "blkio.throttle.write_bps_device",
               resources.write_bps));
  TRY(throttle("blockIO.throttleReadIOPSDevice", "blkio.throttle.read_iops_device",
               resources.read_iops));
  return throttle("blockIO.throttleWriteIOPSDevice", "blkio.throttle.write_iops_device",
                  resources.write_iops);
}

/// "c 1:3 rwm", as devices.allow and devices.deny want it.
std::string rule_text(const DeviceRule& rule) {
  const auto part = [](const std::optional<int64_t>& number) {
    return number ? fmt::to_string(*number) : std::string("*");
  };
  if (rule.type == 'a') return "a";
  return fmt::format("{} {}:{} {}", rule.type, part(rule.major), part(rule.minor), rule.access);
}

/// "/dev/sda"; empty for a device that has gone.
std::string device_path(uint64_t major, uint64_t minor) {
  std::array<char, PATH_MAX> target{};
  const std::string link = fmt::format("/sys/dev/block/{}:{}", major, minor);
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  if (size <= 0) return {};
  const std::string_view path(target.data(), static_cast<size_t>(size));
  return fmt::format("/dev/{}", path.substr(path.rfind('/') + 1));
}

/// Lines of "major:minor op value", or "major:minor value"; and totals over all devices, "Total
/// value", which we leave out.
std::vector<BlockIoFigure> block_figures(const std::string& directory, std::string_view file) {
  std::vector<BlockIoFigure> figures;
  const std::string text = read_text(directory, file);
  for (const std::string_view line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() == 3) add_block_figure(figures, words[0], words[1], words[2]);
    if (words.size() == 2) add_block_figure(figures, words[0], {}, words[1]);
  }
  for (BlockIoFigure& figure : figures) figure.device = device_path(figure.major, figure.minor);
  return figures;
}

/// Which file has a figure depends on the kernel and the device's scheduler: the first of these
/// that says something.
std::map<std::string, std::vector<BlockIoFigure>> block_io(const std::string& directory) {
  constexpr std::string_view kKinds[] = {
      "io_service_bytes", "io_serviced", "io_queued", "io_service_time",
      "io_wait_time",     "io_merged",   "time",      "sectors"};
  std::map<std::string, std::vector<BlockIoFigure>> all;
  for (const std::string_view kind : kKinds) {
    for (const std::string& file :
         {fmt::format("blkio.{}_recursive", kind), fmt::format("blkio.throttle.{}_recursive", kind),
          fmt::format("blkio.throttle.{}", kind), fmt::format("blkio.bfq.{}_recursive", kind)}) {
      auto figures = block_figures(directory, file);
      if (figures.empty()) continue;
      all.emplace(kind, std::move(figures));
      break;
    }
  }
  return all;
}

std::vector<HugepageFigure> hugepages(const std::string& directory) {
  std::vector<HugepageFigure> figures;
  for (const std::string& size : hugepage_sizes(directory, ".usage_in_bytes")) {
    const auto read = [&](std::string_view what) {
      return read_figure(directory, fmt::format("hugetlb.{}.{}", size, what));
    };
    figures.push_back({.page_size = size,
                       .usage = read("usage_in_bytes"),
                       .max_usage = read("max_usage_in_bytes"),
                       .failures = read("failcnt")});
  }
  return figures;
}

}  // namespace

Result<> apply_v1(const Cgroup& group, const Resources& resources) {
  TRY(apply_memory(group.directory("memory"), resources));
  TRY(apply_cpu(group, resources));
  TRY(apply_block_io(group.directory("blkio"), resources));
  if (const auto limit = resources.pids_limit.value_or(0); limit != 0) {
    TRY(set_limit("pids.limit", group.directory("pids"), "pids.max",
                  limit > 0 ? fmt::to_string(limit) : "max"));
  }
  for (const HugepageLimit& limit : resources.hugepage_limits) {
    TRY(set_limit("hugepageLimits", group.directory("hugetlb"),
                  fmt::format("hugetlb.{}.limit_in_bytes", limit.page_size),
                  fmt::to_string(limit.limit)));
  }
  if (!resources.unified.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "linux.resources.unified: needs control groups version 2, and this "
                "machine has version 1");
  }
  return {};
}

Result<> apply_devices_v1(const Cgroup& group, const Resources& resources) {
  const std::string directory = group.directory("devices");
  TRY(set_limit("devices", directory, "devices.deny", "a"));
  for (const DeviceRule& rule : effective_device_rules(resources)) {
    TRY(set_limit("devices", directory, rule.allow ? "devices.allow" : "devices.deny",
                  rule_text(rule)));
  }
  return {};
}

CgroupFigures figures_v1(const Cgroup& group) {
  CgroupFigures figures;
  figures.cpu_stat = read_keyed(group.directory("cpu"), "cpu.stat");
  const std::string cpuacct = group.directory("cpuacct");
  figures.cpu_total_ns = read_figure(cpuacct, "cpuacct.usage");
  figures.cpu_user_ns = read_figure(cpuacct, "cpuacct.usage_user");
  figures.cpu_kernel_ns = read_figure(cpuacct, "cpuacct.usage_sys");
  figures.cpu_each_ns = read_figures(cpuacct, "cpuacct.usage_percpu");

  const std::string memory = group.directory("memory");
  figures.memory_stat = read_keyed(memory, "memory.stat");
  figures.memory_usage = read_figure(memory, "memory.usage_in_bytes");
  figures.memory_limit = read_figure(memory, "memory.limit_in_bytes");
  figures.memory_max_usage = read_figure(memory, "memory.max_usage_in_bytes");
  figures.memory_failures = read_figure(memory, "memory.failcnt");
  figures.swap_usage = read_figure(memory, "memory.memsw.usage_in_bytes");
  figures.swap_limit = read_figure(memory, "memory.memsw.limit_in_bytes");
  figures.swap_max_usage = read_figure(memory, "memory.memsw.max_usage_in_bytes");
  figures.swap_failures = read_figure(memory, "memory.memsw.failcnt");
  figures.kernel_usage = read_figure(memory, "memory.kmem.usage_in_bytes");
  figures.kernel_limit = read_figure(memory, "memory.kmem.limit_in_bytes");
  figures.kernel_max_usage = read_figure(memory, "memory.kmem.max_usage_in_bytes");
  figures.kernel_failures = read_figure(memory, "memory.kmem.failcnt");
  figures.tcp_usage = read_figure(memory, "memory.kmem.tcp.usage_in_bytes");
  figures.tcp_limit = read_figure(memory, "memory.kmem.tcp.limit_in_bytes");
  figures.tcp_max_usage = read_figure(memory, "memory.kmem.tcp.max_usage_in_bytes");
  figures.tcp_failures = read_figure(memory, "memory.kmem.tcp.failcnt");

  const std::string pids = group.directory("pids");
  figures.pids_current = read_figure(pids, "pids.current");
  figures.pids_limit = read_figure(pids, "pids.max");
  figures.oom_control = read_keyed(memory, "memory.oom_control");
  figures.block_io = block_io(group.directory("blkio"));
  figures.hugepages = hugepages(group.directory("hugetlb"));
  figures.rdma_current = read_rdma(group.directory("rdma"), "rdma.current");
  figures.rdma_limit = read_rdma(group.directory("rdma"), "rdma.max");
  return figures;
}

}  // namespace wasmedge::oci
