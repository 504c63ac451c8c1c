#include "shim/task/stats.h"

#include <gtest/gtest.h>

#include "proto/cgroups_v1.pb.h"
#include "proto/cgroups_v2.pb.h"

namespace wasmedge::task {
namespace {

TEST(Stats, Version1) {
  oci::CgroupFigures figures;
  figures.cpu_total_ns = 30;
  figures.cpu_user_ns = 20;
  figures.cpu_kernel_ns = 10;
  figures.cpu_each_ns = {12, 18};
  figures.cpu_stat = {{"nr_periods", 1}, {"nr_throttled", 2}, {"throttled_time", 3}};
  figures.memory_stat = {
      {"rss", 4096}, {"pgpgin", 7}, {"total_inactive_file", 5}, {"unheard_of", 1}};
  figures.memory_usage = 8192;
  figures.memory_limit = 1 << 20;
  figures.memory_max_usage = 9000;
  figures.memory_failures = 4;
  figures.pids_current = 3;
  figures.pids_limit = UINT64_MAX;
  figures.block_io["io_service_bytes"] = {
      {.major = 8, .minor = 1, .op = "Read", .value = 512, .device = "/dev/sda1"}};
  figures.block_io["time"] = {{.major = 8, .minor = 0, .op = "", .value = 9}};
  figures.hugepages = {{.page_size = "2MB", .usage = 4, .max_usage = 8, .failures = 1}};
  figures.rdma_current = {{.device = "mlx4_0", .handles = 2, .objects = 3}};
  figures.rdma_limit = {{.device = "mlx4_0", .handles = UINT64_MAX, .objects = 2000}};
  figures.oom_control = {{"oom_kill_disable", 0}, {"under_oom", 1}, {"oom_kill", 6}};
  const proto::Any any = metrics_of(figures);
  EXPECT_EQ(any.type_url(), "io.containerd.cgroups.v1.Metrics");
  proto::cgroups::v1::Metrics metrics;
  ASSERT_TRUE(metrics.ParseFromString(any.value()));
  EXPECT_EQ(metrics.cpu().usage().total(), 30U);
  EXPECT_EQ(metrics.cpu().usage().user(), 20U);
  EXPECT_EQ(metrics.cpu().usage().kernel(), 10U);
  EXPECT_EQ(metrics.cpu().usage().per_cpu(1), 18U);
  EXPECT_EQ(metrics.cpu().throttling().throttled_time(), 3U);
  EXPECT_EQ(metrics.memory().rss(), 4096U);
  EXPECT_EQ(metrics.memory().pg_pg_in(), 7U);
  EXPECT_EQ(metrics.memory().total_inactive_file(), 5U);
  EXPECT_EQ(metrics.memory().usage().usage(), 8192U);
  EXPECT_EQ(metrics.memory().usage().limit(), 1U << 20);
  EXPECT_EQ(metrics.memory().usage().max(), 9000U);
  EXPECT_EQ(metrics.memory().usage().failcnt(), 4U);
  EXPECT_EQ(metrics.pids().current(), 3U);
  EXPECT_EQ(metrics.pids().limit(), 0U);
  ASSERT_EQ(metrics.blkio().io_service_bytes_recursive_size(), 1);
  EXPECT_EQ(metrics.blkio().io_service_bytes_recursive(0).op(), "Read");
  EXPECT_EQ(metrics.blkio().io_service_bytes_recursive(0).value(), 512U);
  EXPECT_EQ(metrics.blkio().io_service_bytes_recursive(0).device(), "/dev/sda1");
  ASSERT_EQ(metrics.blkio().io_time_recursive_size(), 1);
  EXPECT_EQ(metrics.blkio().io_time_recursive(0).value(), 9U);
  ASSERT_EQ(metrics.hugetlb_size(), 1);
  EXPECT_EQ(metrics.hugetlb(0).pagesize(), "2MB");
  EXPECT_EQ(metrics.hugetlb(0).max(), 8U);
  EXPECT_EQ(metrics.hugetlb(0).failcnt(), 1U);
  ASSERT_EQ(metrics.rdma().limit_size(), 1);
  EXPECT_EQ(metrics.rdma().current(0).hca_objects(), 3U);
  EXPECT_EQ(metrics.rdma().limit(0).hca_handles(), UINT32_MAX);
  EXPECT_EQ(metrics.memory_oom_control().under_oom(), 1U);
  EXPECT_EQ(metrics.memory_oom_control().oom_kill(), 6U);
}

TEST(Stats, Version2) {
  oci::CgroupFigures figures;
  figures.unified = true;
  figures.cpu_stat = {{"usage_usec", 30}, {"user_usec", 20}, {"system_usec", 10}};
  figures.memory_stat = {{"anon", 4096}, {"pgfault", 7}};
  figures.memory_usage = 8192;
  figures.memory_limit = UINT64_MAX;
  figures.memory_events = {{"oom", 1}, {"oom_kill", 2}};
  figures.memory_max_usage = 9000;
  figures.swap_max_usage = 70;
  figures.hugepages = {{.page_size = "1GB", .usage = 4, .limit = UINT64_MAX}};
  figures.rdma_current = {{.device = "mlx4_0", .handles = 2, .objects = 3}};
  figures.cpu_pressure = {.some = {.avg10 = 1.5, .avg60 = 2, .avg300 = 3, .total_us = 44},
                          .full = {}};
  figures.io_pressure = {.some = {}, .full = {.avg10 = 0.25, .total_us = 5}};
  figures.pids_current = 3;
  figures.pids_limit = 100;
  figures.io_stat = {{.major = 8, .minor = 0, .op = "rbytes", .value = 512},
                     {.major = 8, .minor = 0, .op = "wios", .value = 6},
                     {.major = 9, .minor = 0, .op = "wbytes", .value = 1024}};
  const proto::Any any = metrics_of(figures);
  EXPECT_EQ(any.type_url(), "io.containerd.cgroups.v2.Metrics");
  proto::cgroups::v2::Metrics metrics;
  ASSERT_TRUE(metrics.ParseFromString(any.value()));
  EXPECT_EQ(metrics.cpu().usage_usec(), 30U);
  EXPECT_EQ(metrics.memory().anon(), 4096U);
  EXPECT_EQ(metrics.memory().pgfault(), 7U);
  EXPECT_EQ(metrics.memory().usage(), 8192U);
  EXPECT_EQ(metrics.memory().usage_limit(), UINT64_MAX);
  EXPECT_EQ(metrics.memory_events().oom_kill(), 2U);
  EXPECT_EQ(metrics.pids().limit(), 100U);
  EXPECT_EQ(metrics.memory().max_usage(), 9000U);
  EXPECT_EQ(metrics.memory().swap_max_usage(), 70U);
  EXPECT_EQ(metrics.hugetlb(0).pagesize(), "1GB");
  EXPECT_EQ(metrics.hugetlb(0).max(), UINT64_MAX);
  EXPECT_EQ(metrics.rdma().current(0).device(), "mlx4_0");
  EXPECT_EQ(metrics.cpu().psi().some().avg10(), 1.5);
  EXPECT_EQ(metrics.cpu().psi().some().total(), 44U);
  EXPECT_EQ(metrics.io().psi().full().avg10(), 0.25);
  EXPECT_FALSE(metrics.memory().has_psi());
  ASSERT_EQ(metrics.io().usage_size(), 2);
  EXPECT_EQ(metrics.io().usage(0).rbytes(), 512U);
  EXPECT_EQ(metrics.io().usage(0).wios(), 6U);
  EXPECT_EQ(metrics.io().usage(1).wbytes(), 1024U);
}

}  // namespace
}  // namespace wasmedge::task
