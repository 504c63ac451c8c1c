#include <utility>

#include "proto/cgroups_v2.pb.h"
#include "shim/task/stats_fields.h"

namespace wasmedge::task {
namespace {

namespace v2 = proto::cgroups::v2;

constexpr Field<v2::MemoryStat> kMemory[] = {
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

constexpr Field<v2::CPUStat> kCpu[] = {
    {"usage_usec", &v2::CPUStat::set_usage_usec},
    {"user_usec", &v2::CPUStat::set_user_usec},
    {"system_usec", &v2::CPUStat::set_system_usec},
    {"nr_periods", &v2::CPUStat::set_nr_periods},
    {"nr_throttled", &v2::CPUStat::set_nr_throttled},
    {"throttled_usec", &v2::CPUStat::set_throttled_usec},
};

constexpr Field<v2::MemoryEvents> kMemoryEvents[] = {
    {"low", &v2::MemoryEvents::set_low},           {"high", &v2::MemoryEvents::set_high},
    {"max", &v2::MemoryEvents::set_max},           {"oom", &v2::MemoryEvents::set_oom},
    {"oom_kill", &v2::MemoryEvents::set_oom_kill},
};

constexpr Field<v2::IOEntry> kIo[] = {
    {"rbytes", &v2::IOEntry::set_rbytes},
    {"wbytes", &v2::IOEntry::set_wbytes},
    {"rios", &v2::IOEntry::set_rios},
    {"wios", &v2::IOEntry::set_wios},
};

void fill(v2::PSIData& data, const oci::Pressure& from) {
  data.set_avg10(from.avg10);
  data.set_avg60(from.avg60);
  data.set_avg300(from.avg300);
  data.set_total(from.total_us);
}

template <typename Message>
void fill_pressure(Message& message, const std::optional<oci::PressureFigures>& from) {
  if (!from) return;
  fill(*message.mutable_psi()->mutable_some(), from->some);
  fill(*message.mutable_psi()->mutable_full(), from->full);
}

void fill_memory(v2::MemoryStat& memory, const oci::CgroupFigures& from) {
  fill(memory, kMemory, from.memory_stat);
  memory.set_usage(from.memory_usage);
  memory.set_usage_limit(from.memory_limit);
  memory.set_max_usage(from.memory_max_usage);
  memory.set_swap_usage(from.swap_usage);
  memory.set_swap_limit(from.swap_limit);
  memory.set_swap_max_usage(from.swap_max_usage);
  fill_pressure(memory, from.memory_pressure);
}

/// The kernel has a line a device; so has the message.
void fill_io(v2::IOStat& io, const oci::CgroupFigures& from) {
  std::map<std::pair<uint64_t, uint64_t>, v2::IOEntry*> devices;
  for (const oci::BlockIoFigure& each : from.io_stat) {
    v2::IOEntry*& entry = devices[{each.major, each.minor}];
    if (entry == nullptr) {
      entry = io.add_usage();
      entry->set_major(each.major);
      entry->set_minor(each.minor);
    }
    fill(*entry, kIo, {{each.op, each.value}});
  }
  fill_pressure(io, from.io_pressure);
}

}  // namespace

std::string metrics_v2(const oci::CgroupFigures& from) {
  v2::Metrics metrics;
  metrics.mutable_pids()->set_current(from.pids_current);
  metrics.mutable_pids()->set_limit(from.pids_limit);
  fill(*metrics.mutable_cpu(), kCpu, from.cpu_stat);
  fill_pressure(*metrics.mutable_cpu(), from.cpu_pressure);
  fill_memory(*metrics.mutable_memory(), from);
  fill(*metrics.mutable_memory_events(), kMemoryEvents, from.memory_events);
  fill_io(*metrics.mutable_io(), from);
  fill_rdma(metrics, from);
  for (const oci::HugepageFigure& figure : from.hugepages) {
    v2::HugeTlbStat& entry = *metrics.add_hugetlb();
    entry.set_pagesize(figure.page_size);
    entry.set_current(figure.usage);
    entry.set_max(figure.limit);
  }
  return metrics.SerializeAsString();
}

}  // namespace wasmedge::task
