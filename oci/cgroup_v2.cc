#include <algorithm>
#include <array>

#include "oci/cgroup_files.h"
#include "oci/device_filter.h"
#include "oci/text.h"

/// Version 2 (admin-guide/cgroup-v2): one directory, controllers enabled from above.
namespace wasmedge::oci {
namespace {

/// -1 is "unlimited".
std::string limit_text(int64_t value) {
  return value < 0 ? "max" : fmt::to_string(value);
}

Result<> apply_memory(const std::string& directory, const Resources& resources) {
  const int64_t limit = resources.memory_limit.value_or(0);
  const int64_t swap = resources.memory_swap.value_or(0);
  if (limit != 0) TRY(set_limit("memory.limit", directory, "memory.max", limit_text(limit)));
  if (swap != 0) {
    // The spec's figure is memory and swap together; version 2 counts swap alone.
    if (swap > 0 && (limit <= 0 || swap < limit)) {
      return fail(ErrorCode::kInvalidArgument,
                  "linux.resources.memory.swap: {} is memory plus swap, so it needs a "
                  "memory.limit that is not above it (found {})",
                  swap, limit);
    }
    TRY(set_limit("memory.swap", directory, "memory.swap.max",
                  limit_text(swap < 0 ? swap : swap - limit)));
  }
  if (const int64_t low = resources.memory_reservation.value_or(0); low != 0) {
    TRY(set_limit("memory.reservation", directory, "memory.low", limit_text(low)));
  }
  return {};
}

Result<> apply_cpu(const std::string& directory, const Resources& resources) {
  if (const uint64_t shares = resources.cpu_shares.value_or(0); shares != 0) {
    // Shares 2…262144 onto weights 1…10000, as all runtimes map them.
    const uint64_t bounded = std::clamp<uint64_t>(shares, 2, 262'144);
    TRY(set_limit("cpu.shares", directory, "cpu.weight",
                  fmt::to_string(1 + (bounded - 2) * 9'999 / 262'142)));
  }
  const int64_t quota = resources.cpu_quota.value_or(0);
  const uint64_t period = resources.cpu_period.value_or(0);
  if (quota != 0 || period != 0) {
    std::string value = quota > 0 ? fmt::to_string(quota) : "max";
    if (period != 0) value += fmt::format(" {}", period);
    TRY(set_limit("cpu.quota", directory, "cpu.max", value));
  }
  if (!resources.cpus.empty()) {
    TRY(set_limit("cpu.cpus", directory, "cpuset.cpus", resources.cpus));
  }
  if (!resources.mems.empty()) {
    TRY(set_limit("cpu.mems", directory, "cpuset.mems", resources.mems));
  }
  return {};
}

Result<> apply_block_io(const std::string& directory, const Resources& resources) {
  if (const uint64_t weight = resources.block_io_weight.value_or(0); weight != 0) {
    if (file_exists(directory, "io.bfq.weight")) {
      TRY(set_limit("blockIO.weight", directory, "io.bfq.weight", fmt::to_string(weight)));
    } else {
      // 10…1000 onto 1…10000.
      const uint64_t bounded = std::clamp<uint64_t>(weight, 10, 1'000);
      TRY(set_limit("blockIO.weight", directory, "io.weight",
                    fmt::to_string(1 + (bounded - 10) * 9'999 / 990)));
    }
  }
  const auto throttle = [&](std::string_view field, std::string_view key,
                            const std::vector<Throttle>& rules) -> Result<> {
    for (const Throttle& rule : rules) {
      TRY(set_limit(field, directory, "io.max",
                    fmt::format("{}:{} {}={}", rule.major, rule.minor, key, rule.rate)));
    }
    return {};
  };
  TRY(throttle("blockIO.throttleReadBpsDevice", "rbps", resources.read_bps));
  TRY(throttle("blockIO.throttleWriteBpsDevice", "wbps", resources.write_bps));
  TRY(throttle("blockIO.throttleReadIOPSDevice", "riops", resources.read_iops));
  return throttle("blockIO.throttleWriteIOPSDevice", "wiops", resources.write_iops);
}

/// io.stat: lines of "major:minor rbytes=1 wbytes=2 …".
std::vector<BlockIoFigure> io_figures(const std::string& directory) {
  std::vector<BlockIoFigure> figures;
  const std::string text = read_text(directory, "io.stat");
  for (const std::string_view line : split(text, '\n')) {
    const auto words = split(line, ' ');
    for (size_t i = 1; i < words.size(); ++i) {
      const auto pair = split(words[i], '=');
      if (pair.size() == 2) add_block_figure(figures, words[0], pair[0], pair[1]);
    }
  }
  return figures;
}

}  // namespace

void enable_controllers_v2(const std::string& root, std::string_view path) {
  constexpr std::array<std::string_view, 6> kWanted = {"cpu",    "cpuset", "io",
                                                       "memory", "pids",   "hugetlb"};
  std::string directory = root;
  const auto names = split(path.substr(1), '/');
  for (const std::string_view name : names) {
    const std::string available = read_text(directory, "cgroup.controllers");
    const std::string enabled = read_text(directory, "cgroup.subtree_control");
    const auto has = [](std::string_view list, std::string_view controller) {
      list = list.substr(0, list.find('\n'));
      const auto words = split(list, ' ');
      return std::find(words.begin(), words.end(), controller) != words.end();
    };
    for (const std::string_view controller : kWanted) {
      if (!has(available, controller) || has(enabled, controller)) continue;
      // A group with processes refuses (EBUSY). That matters only if a limit needs the controller,
      // and then writing the limit fails by name.
      (void)write_file(directory + "/cgroup.subtree_control", fmt::format("+{}", controller));
    }
    directory.append("/").append(name);
  }
}

Result<> apply_v2(const std::string& directory, const Resources& resources) {
  TRY(apply_memory(directory, resources));
  TRY(apply_cpu(directory, resources));
  TRY(apply_block_io(directory, resources));
  if (const auto limit = resources.pids_limit.value_or(0); limit != 0) {
    TRY(set_limit("pids.limit", directory, "pids.max", limit_text(limit)));
  }
  for (const HugepageLimit& limit : resources.hugepage_limits) {
    TRY(set_limit("hugepageLimits", directory, fmt::format("hugetlb.{}.max", limit.page_size),
                  fmt::to_string(limit.limit)));
  }
  for (const auto& [file, content] : resources.unified) {
    TRY(set_limit(fmt::format("unified.{}", file), directory, file, content));
  }
  return {};
}

CgroupFigures figures_v2(const std::string& directory) {
  CgroupFigures figures;
  figures.unified = true;
  figures.cpu_stat = read_keyed(directory, "cpu.stat");
  figures.memory_stat = read_keyed(directory, "memory.stat");
  figures.memory_events = read_keyed(directory, "memory.events");
  figures.memory_usage = read_figure(directory, "memory.current");
  figures.memory_limit = read_figure(directory, "memory.max");
  figures.memory_max_usage = read_figure(directory, "memory.peak");
  figures.swap_max_usage = read_figure(directory, "memory.swap.peak");
  figures.swap_usage = read_figure(directory, "memory.swap.current");
  figures.swap_limit = read_figure(directory, "memory.swap.max");
  figures.pids_current = read_figure(directory, "pids.current");
  figures.pids_limit = read_figure(directory, "pids.max");
  figures.io_stat = io_figures(directory);
  for (const std::string& size : hugepage_sizes(directory, ".current")) {
    figures.hugepages.push_back(
        {.page_size = size,
         .usage = read_figure(directory, fmt::format("hugetlb.{}.current", size)),
         .limit = read_figure(directory, fmt::format("hugetlb.{}.max", size))});
  }
  figures.rdma_current = read_rdma(directory, "rdma.current");
  figures.rdma_limit = read_rdma(directory, "rdma.max");
  figures.cpu_pressure = read_pressure(directory, "cpu.pressure");
  figures.memory_pressure = read_pressure(directory, "memory.pressure");
  figures.io_pressure = read_pressure(directory, "io.pressure");
  return figures;
}

}  // namespace wasmedge::oci
