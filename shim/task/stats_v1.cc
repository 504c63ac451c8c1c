#include <utility>

#include "proto/cgroups_v1.pb.h"
#include "shim/task/stats_fields.h"

namespace wasmedge::task {
namespace {

namespace v1 = proto::cgroups::v1;

constexpr Field<v1::MemoryStat> kMemory[] = {
    {"cache", &v1::MemoryStat::set_cache},
    {"rss", &v1::MemoryStat::set_rss},
    {"rss_huge", &v1::MemoryStat::set_rss_huge},
    {"mapped_file", &v1::MemoryStat::set_mapped_file},
    {"dirty", &v1::MemoryStat::set_dirty},
    {"writeback", &v1::MemoryStat::set_writeback},
    {"pgpgin", &v1::MemoryStat::set_pg_pg_in},
    {"pgpgout", &v1::MemoryStat::set_pg_pg_out},
    {"pgfault", &v1::MemoryStat::set_pg_fault},
    {"pgmajfault", &v1::MemoryStat::set_pg_maj_fault},
    {"inactive_anon", &v1::MemoryStat::set_inactive_anon},
    {"active_anon", &v1::MemoryStat::set_active_anon},
    {"inactive_file", &v1::MemoryStat::set_inactive_file},
    {"active_file", &v1::MemoryStat::set_active_file},
    {"unevictable", &v1::MemoryStat::set_unevictable},
    {"hierarchical_memory_limit", &v1::MemoryStat::set_hierarchical_memory_limit},
    {"hierarchical_memsw_limit", &v1::MemoryStat::set_hierarchical_swap_limit},
    {"total_cache", &v1::MemoryStat::set_total_cache},
    {"total_rss", &v1::MemoryStat::set_total_rss},
    {"total_rss_huge", &v1::MemoryStat::set_total_rss_huge},
    {"total_mapped_file", &v1::MemoryStat::set_total_mapped_file},
    {"total_dirty", &v1::MemoryStat::set_total_dirty},
    {"total_writeback", &v1::MemoryStat::set_total_writeback},
    {"total_pgpgin", &v1::MemoryStat::set_total_pg_pg_in},
    {"total_pgpgout", &v1::MemoryStat::set_total_pg_pg_out},
    {"total_pgfault", &v1::MemoryStat::set_total_pg_fault},
    {"total_pgmajfault", &v1::MemoryStat::set_total_pg_maj_fault},
    {"total_inactive_anon", &v1::MemoryStat::set_total_inactive_anon},
    {"total_active_anon", &v1::MemoryStat::set_total_active_anon},
    {"total_inactive_file", &v1::MemoryStat::set_total_inactive_file},
    {"total_active_file", &v1::MemoryStat::set_total_active_file},
    {"total_unevictable", &v1::MemoryStat::set_total_unevictable},
};

constexpr Field<v1::Throttle> kThrottle[] = {
    {"nr_periods", &v1::Throttle::set_periods},
    {"nr_throttled", &v1::Throttle::set_throttled_periods},
    {"throttled_time", &v1::Throttle::set_throttled_time},
};

constexpr Field<v1::MemoryOomControl> kOomControl[] = {
    {"oom_kill_disable", &v1::MemoryOomControl::set_oom_kill_disable},
    {"under_oom", &v1::MemoryOomControl::set_under_oom},
    {"oom_kill", &v1::MemoryOomControl::set_oom_kill},
};

/// What the kernel's blkio files count, and where it belongs.
constexpr std::pair<const char*, v1::BlkIOEntry* (v1::BlkIOStat::*)()> kBlockIo[] = {
    {"io_service_bytes", &v1::BlkIOStat::add_io_service_bytes_recursive},
    {"io_serviced", &v1::BlkIOStat::add_io_serviced_recursive},
    {"io_queued", &v1::BlkIOStat::add_io_queued_recursive},
    {"io_service_time", &v1::BlkIOStat::add_io_service_time_recursive},
    {"io_wait_time", &v1::BlkIOStat::add_io_wait_time_recursive},
    {"io_merged", &v1::BlkIOStat::add_io_merged_recursive},
    {"time", &v1::BlkIOStat::add_io_time_recursive},
    {"sectors", &v1::BlkIOStat::add_sectors_recursive},
};

void fill(v1::MemoryEntry& entry, uint64_t usage, uint64_t limit, uint64_t max, uint64_t failures) {
  entry.set_usage(usage);
  entry.set_limit(limit);
  entry.set_max(max);
  entry.set_failcnt(failures);
}

void fill_memory(v1::MemoryStat& memory, const oci::CgroupFigures& from) {
  fill(memory, kMemory, from.memory_stat);
  fill(*memory.mutable_usage(), from.memory_usage, from.memory_limit, from.memory_max_usage,
       from.memory_failures);
  fill(*memory.mutable_swap(), from.swap_usage, from.swap_limit, from.swap_max_usage,
       from.swap_failures);
  fill(*memory.mutable_kernel(), from.kernel_usage, from.kernel_limit, from.kernel_max_usage,
       from.kernel_failures);
  fill(*memory.mutable_kernel_tcp(), from.tcp_usage, from.tcp_limit, from.tcp_max_usage,
       from.tcp_failures);
}

void fill_cpu(v1::CPUStat& cpu, const oci::CgroupFigures& from) {
  v1::CPUUsage& usage = *cpu.mutable_usage();
  usage.set_total(from.cpu_total_ns);
  usage.set_kernel(from.cpu_kernel_ns);
  usage.set_user(from.cpu_user_ns);
  for (const uint64_t each : from.cpu_each_ns) usage.add_per_cpu(each);
  fill(*cpu.mutable_throttling(), kThrottle, from.cpu_stat);
}

void fill_block_io(v1::BlkIOStat& io, const oci::CgroupFigures& from) {
  for (const auto& [kind, add] : kBlockIo) {
    const auto found = from.block_io.find(kind);
    if (found == from.block_io.end()) continue;
    for (const oci::BlockIoFigure& figure : found->second) {
      v1::BlkIOEntry& entry = *(io.*add)();
      entry.set_op(figure.op);
      entry.set_device(figure.device);
      entry.set_major(figure.major);
      entry.set_minor(figure.minor);
      entry.set_value(figure.value);
    }
  }
}

}  // namespace

std::string metrics_v1(const oci::CgroupFigures& from) {
  v1::Metrics metrics;
  metrics.mutable_pids()->set_current(from.pids_current);
  // Version 1 of the message says "no limit" by 0, version 2 by the largest number.
  metrics.mutable_pids()->set_limit(from.pids_limit == UINT64_MAX ? 0 : from.pids_limit);
  fill_cpu(*metrics.mutable_cpu(), from);
  fill_memory(*metrics.mutable_memory(), from);
  fill(*metrics.mutable_memory_oom_control(), kOomControl, from.oom_control);
  fill_block_io(*metrics.mutable_blkio(), from);
  fill_rdma(metrics, from);
  for (const oci::HugepageFigure& figure : from.hugepages) {
    v1::HugetlbStat& entry = *metrics.add_hugetlb();
    entry.set_pagesize(figure.page_size);
    entry.set_usage(figure.usage);
    entry.set_max(figure.max_usage);
    entry.set_failcnt(figure.failures);
  }
  return metrics.SerializeAsString();
}

}  // namespace wasmedge::task
