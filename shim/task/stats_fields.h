#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "oci/cgroup.h"

/// What both versions of the metrics fill in alike. Internal to stats.
namespace wasmedge::task {

/// One row for each key of a file of "key number" lines that the message has a field for.
template <typename Message>
struct Field {
  std::string_view key;
  void (Message::*set)(uint64_t);
};

using Figures = std::map<std::string, uint64_t>;

template <typename Message, size_t kRows>
void fill(Message& message, const Field<Message> (&rows)[kRows], const Figures& figures) {
  for (const Field<Message>& row : rows) {
    const auto found = figures.find(std::string(row.key));
    if (found != figures.end()) (message.*row.set)(found->second);
  }
}

/// RDMA's counts are 32 bits wide in the messages; "max" is the largest.
template <typename Entry>
void fill(Entry& entry, const oci::RdmaFigure& from) {
  const auto narrow = [](uint64_t count) {
    return static_cast<uint32_t>(std::min<uint64_t>(count, UINT32_MAX));
  };
  entry.set_device(from.device);
  entry.set_hca_handles(narrow(from.handles));
  entry.set_hca_objects(narrow(from.objects));
}

/// Nothing where the machine has no such device, so that the message stays small.
template <typename Metrics>
void fill_rdma(Metrics& metrics, const oci::CgroupFigures& from) {
  for (const auto& each : from.rdma_current) fill(*metrics.mutable_rdma()->add_current(), each);
  for (const auto& each : from.rdma_limit) fill(*metrics.mutable_rdma()->add_limit(), each);
}

/// An encoded io.containerd.cgroups.v1.Metrics, or v2.Metrics.
std::string metrics_v1(const oci::CgroupFigures& from);
std::string metrics_v2(const oci::CgroupFigures& from);

}  // namespace wasmedge::task
