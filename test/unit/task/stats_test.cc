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
  figures.io_service_bytes = {{.major = 8, .minor = 1, .op = "Read", .value = 512}};
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
}

TEST(Stats, Version2) {
  oci::CgroupFigures figures;
  figures.unified = true;
  figures.cpu_stat = {{"usage_usec", 30}, {"user_usec", 20}, {"system_usec", 10}};
  figures.memory_stat = {{"anon", 4096}, {"pgfault", 7}};
  figures.memory_usage = 8192;
  figures.memory_limit = UINT64_MAX;
  figures.memory_events = {{"oom", 1}, {"oom_kill", 2}};
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
  ASSERT_EQ(metrics.io().usage_size(), 2);
  EXPECT_EQ(metrics.io().usage(0).rbytes(), 512U);
  EXPECT_EQ(metrics.io().usage(0).wios(), 6U);
  EXPECT_EQ(metrics.io().usage(1).wbytes(), 1024U);
}

}  // namespace
}  // namespace wasmedge::task
