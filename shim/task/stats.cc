#include "shim/task/stats.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "proto/cgroups_v1.pb.h"
#include "proto/cgroups_v2.pb.h"

namespace wasmedge::task {
namespace {

namespace v1 = proto::cgroups::v1;
namespace v2 = proto::cgroups::v2;

/// One row for each key of memory.stat that the message has a field for.
template <typename Message>
struct Field {
  std::string_view key;
  void (Message::*set)(uint64_t);
};

constexpr Field<v1::MemoryStat> kMemoryV1[] = {
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

constexpr Field<v2::MemoryStat> kMemoryV2[] = {
    {"anon", &v2::MemoryStat::set_anon},
    {"file", &v2::MemoryStat::set_file},
    {"kernel_stack", &v2::MemoryStat::set_kernel_stack},
    {"slab", &v2::MemoryStat::set_slab},
    {"sock", &v2::MemoryStat::set_sock},
    {"shmem", &v2::MemoryStat::set_shmem},
    {"file_mapped", &v2::MemoryStat::set_file_mapped},
    {"file_dirty", &v2::MemoryStat::set_file_dirty},
    {"file_writeback", &v2::MemoryStat::set_file_writeback},
    {"anon_thp", &v2::MemoryStat::set_anon_thp},
    {"inactive_anon", &v2::MemoryStat::set_inactive_anon},
    {"active_anon", &v2::MemoryStat::set_active_anon},
    {"inactive_file", &v2::MemoryStat::set_inactive_file},
    {"active_file", &v2::MemoryStat::set_active_file},
    {"unevictable", &v2::MemoryStat::set_unevictable},
    {"slab_reclaimable", &v2::MemoryStat::set_slab_reclaimable},
    {"slab_unreclaimable", &v2::MemoryStat::set_slab_unreclaimable},
    {"pgfault", &v2::MemoryStat::set_pgfault},
    {"pgmajfault", &v2::MemoryStat::set_pgmajfault},
    {"workingset_refault", &v2::MemoryStat::set_workingset_refault},
    {"workingset_activate", &v2::MemoryStat::set_workingset_activate},
    {"workingset_nodereclaim", &v2::MemoryStat::set_workingset_nodereclaim},
    {"pgrefill", &v2::MemoryStat::set_pgrefill},
    {"pgscan", &v2::MemoryStat::set_pgscan},
    {"pgsteal", &v2::MemoryStat::set_pgsteal},
    {"pgactivate", &v2::MemoryStat::set_pgactivate},
    {"pgdeactivate", &v2::MemoryStat::set_pgdeactivate},
    {"pglazyfree", &v2::MemoryStat::set_pglazyfree},
    {"pglazyfreed", &v2::MemoryStat::set_pglazyfreed},
    {"thp_fault_alloc", &v2::MemoryStat::set_thp_fault_alloc},
    {"thp_collapse_alloc", &v2::MemoryStat::set_thp_collapse_alloc},
};

using Figures = std::map<std::string, uint64_t>;

uint64_t figure(const Figures& figures, const char* key) {
  const auto found = figures.find(key);
  return found == figures.end() ? 0 : found->second;
}

template <typename Message, size_t kRows>
void fill(Message& message, const Field<Message> (&rows)[kRows], const Figures& figures) {
  for (const Field<Message>& row : rows) {
    const auto found = figures.find(std::string(row.key));
    if (found != figures.end()) (message.*row.set)(found->second);
  }
}

void fill(v1::MemoryEntry& entry, uint64_t usage, uint64_t limit, uint64_t max, uint64_t failures) {
  entry.set_usage(usage);
  entry.set_limit(limit);
  entry.set_max(max);
  entry.set_failcnt(failures);
}

void fill_memory(v1::MemoryStat& memory, const oci::CgroupFigures& from) {
  fill(memory, kMemoryV1, from.memory_stat);
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
  v1::Throttle& throttling = *cpu.mutable_throttling();
  throttling.set_periods(figure(from.cpu_stat, "nr_periods"));
  throttling.set_throttled_periods(figure(from.cpu_stat, "nr_throttled"));
  throttling.set_throttled_time(figure(from.cpu_stat, "throttled_time"));
}

void fill(v1::BlkIOEntry& entry, const oci::BlockIoFigure& from) {
  entry.set_op(from.op);
  entry.set_major(from.major);
  entry.set_minor(from.minor);
  entry.set_value(from.value);
}

v1::Metrics metrics_v1(const oci::CgroupFigures& from) {
  v1::Metrics metrics;
  metrics.mutable_pids()->set_current(from.pids_current);
  // Version 1 of the message says "no limit" by 0, version 2 by the largest number.
  metrics.mutable_pids()->set_limit(from.pids_limit == UINT64_MAX ? 0 : from.pids_limit);
  fill_cpu(*metrics.mutable_cpu(), from);
  fill_memory(*metrics.mutable_memory(), from);
  v1::BlkIOStat& io = *metrics.mutable_blkio();
  for (const auto& each : from.io_service_bytes) fill(*io.add_io_service_bytes_recursive(), each);
  for (const auto& each : from.io_serviced) fill(*io.add_io_serviced_recursive(), each);
  return metrics;
}

void fill_cpu(v2::CPUStat& cpu, const Figures& from) {
  cpu.set_usage_usec(figure(from, "usage_usec"));
  cpu.set_user_usec(figure(from, "user_usec"));
  cpu.set_system_usec(figure(from, "system_usec"));
  cpu.set_nr_periods(figure(from, "nr_periods"));
  cpu.set_nr_throttled(figure(from, "nr_throttled"));
  cpu.set_throttled_usec(figure(from, "throttled_usec"));
}

void fill_io(v2::IOStat& io, const oci::CgroupFigures& from) {
  std::map<std::pair<uint64_t, uint64_t>, v2::IOEntry*> devices;
  for (const oci::BlockIoFigure& each : from.io_stat) {
    v2::IOEntry*& entry = devices[{each.major, each.minor}];
    if (entry == nullptr) {
      entry = io.add_usage();
      entry->set_major(each.major);
      entry->set_minor(each.minor);
    }
    if (each.op == "rbytes") entry->set_rbytes(each.value);
    if (each.op == "wbytes") entry->set_wbytes(each.value);
    if (each.op == "rios") entry->set_rios(each.value);
    if (each.op == "wios") entry->set_wios(each.value);
  }
}

v2::Metrics metrics_v2(const oci::CgroupFigures& from) {
  v2::Metrics metrics;
  metrics.mutable_pids()->set_current(from.pids_current);
  metrics.mutable_pids()->set_limit(from.pids_limit);
  fill_cpu(*metrics.mutable_cpu(), from.cpu_stat);
  v2::MemoryStat& memory = *metrics.mutable_memory();
  fill(memory, kMemoryV2, from.memory_stat);
  memory.set_usage(from.memory_usage);
  memory.set_usage_limit(from.memory_limit);
  memory.set_swap_usage(from.swap_usage);
  memory.set_swap_limit(from.swap_limit);
  v2::MemoryEvents& events = *metrics.mutable_memory_events();
  events.set_low(figure(from.memory_events, "low"));
  events.set_high(figure(from.memory_events, "high"));
  events.set_max(figure(from.memory_events, "max"));
  events.set_oom(figure(from.memory_events, "oom"));
  events.set_oom_kill(figure(from.memory_events, "oom_kill"));
  fill_io(*metrics.mutable_io(), from);
  return metrics;
}

}  // namespace

proto::Any metrics_of(const oci::CgroupFigures& figures) {
  proto::Any any;
  if (figures.unified) {
    any.set_type_url("io.containerd.cgroups.v2.Metrics");
    any.set_value(metrics_v2(figures).SerializeAsString());
  } else {
    any.set_type_url("io.containerd.cgroups.v1.Metrics");
    any.set_value(metrics_v1(figures).SerializeAsString());
  }
  return any;
}

}  // namespace wasmedge::task
