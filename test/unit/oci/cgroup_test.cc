#include "oci/cgroup.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>

#include "oci/cgroup_files.h"
#include "oci/oom_watch.h"
#include "test/unit/oci/temporary.h"

namespace wasmedge::oci {
namespace {

std::string path_of(std::string_view cgroups_path) {
  const auto path = cgroup_path(cgroups_path, "c1");
  return path ? *path : "error: " + path.error().message;
}

TEST(CgroupPath, PlainPaths) {
  EXPECT_EQ(path_of(""), "/wasmedge/c1");
  EXPECT_EQ(path_of("/default/c1"), "/default/c1");
  EXPECT_EQ(path_of("docker//c1/"), "/docker/c1");
  EXPECT_EQ(path_of("/kubepods/./pod:x/c1"), "/kubepods/pod:x/c1");
}

TEST(CgroupPath, SystemdPaths) {
  EXPECT_EQ(path_of("system.slice:docker:ab"), "/system.slice/docker-ab.scope");
  EXPECT_EQ(path_of(":docker:ab"), "/system.slice/docker-ab.scope");
  EXPECT_EQ(path_of("system.slice::ab"), "/system.slice/ab.scope");
  EXPECT_EQ(path_of("-.slice:cri:ab"), "/cri-ab.scope");
  EXPECT_EQ(path_of("kubepods-burstable-pod1.slice:cri-containerd:ab"),
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/"
            "cri-containerd-ab.scope");
  EXPECT_EQ(path_of("user.slice:x:app.slice"), "/user.slice/app.slice");
}

TEST(CgroupPath, WhatLeadsElsewhereIsRefused) {
  for (const char* hostile :
       {"/..", "/a/../../b", "..", "/", "/a/\x01", "a-.slice:p:n", "-a.slice:p:n", "a--b.slice:p:n",
        ".slice:p:n", "slice:p:n", "system.slice:p:", "system.slice:..:.."}) {
    const std::string path = path_of(hostile);
    // What is left as a path has no component "..".
    if (!path.starts_with("error: config.json: linux.cgroupsPath")) {
      EXPECT_EQ(path.find("/../"), std::string::npos) << path;
      EXPECT_STREQ(hostile, "system.slice:..:..") << path;
    }
  }
  EXPECT_FALSE(cgroup_path("/" + std::string(256, 'a'), "c1"));
  EXPECT_FALSE(cgroup_path("", "../x"));
}

TEST(CgroupRoots, Version1AndHybrid) {
  const auto roots = parse_cgroup_roots(
      "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:3 - cgroup cgroup "
      "rw,cpu,cpuacct\n"
      "33 31 0:30 / /sys/fs/cgroup/mem\\040ory rw - cgroup cgroup rw,memory\n"
      "34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
      "35 31 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
      "36 31 0:30 / /elsewhere rw - cgroup cgroup rw,memory\n");
  ASSERT_TRUE(roots);
  EXPECT_FALSE(roots->is_unified());
  ASSERT_EQ(roots->v1.size(), 3u);
  EXPECT_EQ(roots->v1[0].controllers, (std::vector<std::string>{"cpu", "cpuacct"}));
  EXPECT_EQ(roots->v1[1].mount_point, "/sys/fs/cgroup/mem ory");
  EXPECT_EQ(roots->v1[2].controllers, std::vector<std::string>{"name=systemd"});
  const Cgroup group = Cgroup::at(*roots, "/a/b");
  EXPECT_EQ(group.directory("cpuacct"), "/sys/fs/cgroup/cpu,cpuacct/a/b");
  EXPECT_EQ(group.directory("pids"), "");
}

TEST(CgroupRoots, Version2) {
  const auto roots = parse_cgroup_roots("35 31 0:32 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  ASSERT_TRUE(roots);
  EXPECT_EQ(roots->unified, "/sys/fs/cgroup");
  EXPECT_EQ(parse_cgroup_roots("1 2 0:3 / / rw - ext4 /dev/vda rw\n").error().code,
            ErrorCode::kFailedPrecondition);
}

/// Version 2's files as plain ones: what would be written and read, without its kernel.
class FakeVersion2 : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(directory());
    for (const char* file :
         {"memory.max", "memory.low", "memory.swap.max", "cpu.weight", "cpu.max", "cpuset.cpus",
          "cpuset.mems", "pids.max", "io.max", "io.weight", "hugetlb.2MB.max", "memory.high"}) {
      put(file, "");
    }
    put("cgroup.procs", "");
  }
  std::string directory() const { return root_.path() + "/a/b"; }
  void put(const std::string& file, const std::string& text) {
    write_text(directory() + "/" + file, text);
  }
  std::string get(const std::string& file) { return read_text(directory(), file); }
  Cgroup group() { return Cgroup::at({.unified = root_.path(), .v1 = {}}, "/a/b"); }
  TemporaryDirectory root_;
};

TEST_F(FakeVersion2, Limits) {
  Resources resources;
  resources.memory_limit = 64 << 20;
  resources.memory_swap = 96 << 20;
  resources.memory_reservation = 32 << 20;
  resources.cpu_shares = 1024;
  resources.cpu_quota = 50'000;
  resources.cpu_period = 100'000;
  resources.cpus = "0-1";
  resources.pids_limit = 10;
  resources.block_io_weight = 10;
  resources.read_bps = {{8, 0, 1000}};
  resources.hugepage_limits = {{"2MB", 4096}};
  resources.unified = {{"memory.high", "123"}};
  const auto updated = group().update(resources);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(get("memory.max"), "67108864");
  EXPECT_EQ(get("memory.swap.max"), "33554432");
  EXPECT_EQ(get("memory.low"), "33554432");
  EXPECT_EQ(get("cpu.weight"), "39");
  EXPECT_EQ(get("cpu.max"), "50000 100000");
  EXPECT_EQ(get("cpuset.cpus"), "0-1");
  EXPECT_EQ(get("pids.max"), "10");
  EXPECT_EQ(get("io.weight"), "1");
  EXPECT_EQ(get("io.max"), "8:0 rbps=1000");
  EXPECT_EQ(get("hugetlb.2MB.max"), "4096");
  EXPECT_EQ(get("memory.high"), "123");
}

TEST_F(FakeVersion2, UnlimitedAndUnset) {
  Resources resources;
  resources.memory_limit = -1;
  resources.memory_swap = -1;
  resources.cpu_quota = -1;
  resources.pids_limit = -1;
  resources.cpu_shares = 0;
  resources.block_io_weight = 0;
  ASSERT_TRUE(group().update(resources));
  EXPECT_EQ(get("memory.max"), "max");
  EXPECT_EQ(get("memory.swap.max"), "max");
  EXPECT_EQ(get("cpu.max"), "max");
  EXPECT_EQ(get("pids.max"), "max");
  EXPECT_EQ(get("cpu.weight"), "");
  EXPECT_EQ(get("io.weight"), "");
}

TEST_F(FakeVersion2, ErrorsNameFieldAndFile) {
  Resources resources;
  resources.memory_limit = 2 << 20;
  resources.memory_swap = 1 << 20;
  EXPECT_NE(group().update(resources).error().message.find("memory.swap: 1048576 is memory plus"),
            std::string::npos);
  std::filesystem::remove(directory() + "/pids.max");
  resources = {};
  resources.pids_limit = 5;
  const std::string message = group().update(resources).error().message;
  EXPECT_NE(message.find("linux.resources.pids.limit"), std::string::npos) << message;
  EXPECT_NE(message.find("/a/b/pids.max"), std::string::npos) << message;
}

TEST_F(FakeVersion2, Figures) {
  put("cpu.stat", "usage_usec 12\nuser_usec 7\nsystem_usec 5\nnr_periods 0\n");
  put("memory.current", "4096\n");
  put("memory.max", "max\n");
  put("memory.stat", "anon 1\nfile 2\n");
  put("memory.events", "low 0\noom 1\noom_kill 3\n");
  put("pids.current", "2\n");
  put("pids.max", "10\n");
  put("io.stat", "8:0 rbytes=1 wbytes=2\n8:16 rbytes=3\n");
  put("memory.peak", "5000\n");
  put("memory.swap.peak", "60\n");
  put("hugetlb.2MB.current", "2097152\n");
  put("hugetlb.2MB.max", "max\n");
  put("hugetlb.2MB.rsvd.current", "7\n");
  put("rdma.max", "mlx4_0 hca_handle=2 hca_object=max\n");
  put("cpu.pressure",
      "some avg10=1.50 avg60=2.00 avg300=0.25 total=44\nfull avg10=0.00 avg60=0 avg300=0 "
      "total=3\n");
  const auto figures = group().figures();
  ASSERT_TRUE(figures);
  EXPECT_TRUE(figures->unified);
  EXPECT_EQ(figures->cpu_stat.at("usage_usec"), 12u);
  EXPECT_EQ(figures->memory_usage, 4096u);
  EXPECT_EQ(figures->memory_limit, ~uint64_t{0});
  EXPECT_EQ(figures->memory_stat.at("file"), 2u);
  EXPECT_EQ(figures->pids_limit, 10u);
  ASSERT_EQ(figures->io_stat.size(), 3u);
  EXPECT_EQ(figures->io_stat[2].minor, 16u);
  EXPECT_EQ(figures->io_stat[2].value, 3u);
  EXPECT_EQ(group().oom_kills(), 3u);
  EXPECT_EQ(figures->memory_max_usage, 5000u);
  EXPECT_EQ(figures->swap_max_usage, 60u);
  ASSERT_EQ(figures->hugepages.size(), 1u);
  EXPECT_EQ(figures->hugepages[0].page_size, "2MB");
  EXPECT_EQ(figures->hugepages[0].usage, 2097152u);
  EXPECT_EQ(figures->hugepages[0].limit, ~uint64_t{0});
  ASSERT_EQ(figures->rdma_limit.size(), 1u);
  EXPECT_EQ(figures->rdma_limit[0].device, "mlx4_0");
  EXPECT_EQ(figures->rdma_limit[0].handles, 2u);
  EXPECT_EQ(figures->rdma_limit[0].objects, ~uint64_t{0});
  ASSERT_TRUE(figures->cpu_pressure);
  EXPECT_EQ(figures->cpu_pressure->some.avg10, 1.5);
  EXPECT_EQ(figures->cpu_pressure->some.total_us, 44u);
  EXPECT_EQ(figures->cpu_pressure->full.total_us, 3u);
  EXPECT_FALSE(figures->memory_pressure);
}

/// Version 1's files as plain ones: those that this machine's kernel may not have.
TEST(Version1Figures, OfWhateverTheKernelHas) {
  TemporaryDirectory root;
  const auto put = [&](const std::string& file, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root.path() + file).parent_path());
    write_text(root.path() + file, text);
  };
  put("/cpu/c/cgroup.procs", "");
  put("/blkio/c/blkio.throttle.io_service_bytes_recursive", "8:0 Read 5\n8:0 Write 6\nTotal 11\n");
  put("/blkio/c/blkio.bfq.io_service_bytes_recursive", "8:0 Read 1\n");
  put("/blkio/c/blkio.throttle.io_serviced_recursive", "Total 0\n");
  put("/blkio/c/blkio.bfq.io_serviced_recursive", "8:0 Read 2\n");
  put("/blkio/c/blkio.time_recursive", "8:0 77\n");
  put("/hugetlb/c/hugetlb.2MB.usage_in_bytes", "4\n");
  put("/hugetlb/c/hugetlb.2MB.max_usage_in_bytes", "8\n");
  put("/hugetlb/c/hugetlb.2MB.failcnt", "1\n");
  put("/memory/c/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  CgroupRoots roots;
  for (const char* name : {"cpu", "blkio", "hugetlb", "memory"}) {
    roots.v1.push_back({{name}, root.path() + "/" + name});
  }
  const auto figures = Cgroup::at(roots, "/c").figures();
  ASSERT_TRUE(figures) << figures.error().message;
  ASSERT_EQ(figures->block_io.at("io_service_bytes").size(), 2u);
  EXPECT_EQ(figures->block_io.at("io_service_bytes")[1].value, 6u);
  ASSERT_EQ(figures->block_io.at("io_serviced").size(), 1u);
  EXPECT_EQ(figures->block_io.at("time")[0].value, 77u);
  EXPECT_EQ(figures->block_io.count("sectors"), 0u);
  ASSERT_EQ(figures->hugepages.size(), 1u);
  EXPECT_EQ(figures->hugepages[0].max_usage, 8u);
  EXPECT_EQ(figures->oom_control.at("oom_kill"), 2u);
}

TEST_F(FakeVersion2, EnablesControllersFromTheRootDown) {
  write_text(root_.path() + "/cgroup.controllers", "cpu memory rdma\n");
  write_text(root_.path() + "/cgroup.subtree_control", "cpu\n");
  enable_controllers_v2(root_.path(), "/a/b");
  // Enabled already: cpu; not ours: rdma.
  EXPECT_EQ(read_text(root_.path(), "cgroup.subtree_control").substr(0, 7), "+memory");
}

/// A group of this machine, removed at the end.
class RealCgroup : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: control groups are made";
    auto roots = find_cgroup_roots();
    ASSERT_TRUE(roots) << roots.error().message;
    roots_ = *roots;
    path_ = fmt::format("/wasmedge-unit-test-{}", ::getpid());
  }
  void TearDown() override {
    if (path_.empty()) return;
    const Cgroup group = Cgroup::at(roots_, path_);
    EXPECT_TRUE(group.kill_all());
    const auto removed = group.remove(5'000);
    EXPECT_TRUE(removed) << removed.error().message;
  }
  CgroupRoots roots_;
  std::string path_;
};

/// A child that joins the group, then runs `body`.
template <typename Body>
pid_t child_in(const Cgroup& group, Body body) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  auto files = group.join_files();
  if (!files) ::_exit(100);
  for (const Fd& file : *files) {
    if (::write(file.get(), "0", 1) != 1) ::_exit(101);
  }
  ::_exit(body());
}

int status_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

TEST_F(RealCgroup, LimitsHoldAndFiguresCount) {
  Resources resources;
  resources.memory_limit = 32 << 20;
  resources.pids_limit = 5;
  auto group = Cgroup::create(roots_, path_, resources);
  ASSERT_TRUE(group) << group.error().message;
  EXPECT_TRUE(group->pids()->empty());

  const pid_t sleeper = child_in(*group, [] { return ::pause(); });
  // In every hierarchy, one after the other.
  const auto joined = [&] {
    for (const std::string& directory : group->directories()) {
      if (read_figures(directory, "cgroup.procs").empty()) return false;
    }
    return true;
  };
  for (int i = 0; i < 500 && !joined(); ++i) ::usleep(10'000);
  EXPECT_EQ(*group->pids(), std::vector<pid_t>{sleeper});
  EXPECT_EQ(Cgroup::create(roots_, path_, {}).error().code, ErrorCode::kAlreadyExists);
  EXPECT_FALSE(*group->try_remove());

  const pid_t forker = child_in(*group, [] {
    for (int i = 0; i < 20; ++i) {
      const pid_t pid = ::fork();
      if (pid == 0) ::_exit(::pause());
      if (pid < 0) return errno == EAGAIN ? 0 : 102;
    }
    return 103;
  });
  EXPECT_EQ(status_of(forker), 0);

  const auto figures = group->figures();
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->memory_limit, 32u << 20);
  EXPECT_EQ(figures->pids_limit, 5u);
  EXPECT_GT(figures->memory_usage, 0u);
  EXPECT_GE(figures->pids_current, 1u);

  EXPECT_TRUE(group->kill_all());
  EXPECT_EQ(WTERMSIG(status_of(sleeper)), SIGKILL);
  EXPECT_TRUE(group->remove(5'000));
  EXPECT_EQ(group->figures().error().code, ErrorCode::kNotFound);
  EXPECT_EQ(group->pids().error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(group->kill_all());
}

TEST_F(RealCgroup, CountsOomKills) {
  Resources resources;
  resources.memory_limit = 16 << 20;
  auto group = Cgroup::create(roots_, path_, resources);
  ASSERT_TRUE(group) << group.error().message;
  const pid_t eater = child_in(*group, [] {
    std::vector<std::string> eaten;
    for (;;) eaten.emplace_back(1 << 20, 'x');
    return 0;
  });
  const int status = status_of(eater);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_EQ(group->oom_kills(), 1u);
}

TEST_F(RealCgroup, TheKernelTellsOfOom) {
  Resources resources;
  resources.memory_limit = 16 << 20;
  auto group = Cgroup::create(roots_, path_, resources);
  ASSERT_TRUE(group) << group.error().message;
  const auto watch = OomWatch::open(*group);
  ASSERT_TRUE(watch) << watch.error().message;
  EXPECT_EQ(watch->look().kills, 0u);
  pollfd waiting{watch->fd(), static_cast<short>(watch->wait_for_priority() ? POLLPRI : POLLIN), 0};
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
  const pid_t eater = child_in(*group, [] {
    std::vector<std::string> eaten;
    for (;;) eaten.emplace_back(1 << 20, 'x');
    return 0;
  });
  EXPECT_EQ(::poll(&waiting, 1, 60'000), 1);
  EXPECT_EQ(WTERMSIG(status_of(eater)), SIGKILL);
  EXPECT_EQ(watch->look().kills, 1u);
  EXPECT_FALSE(watch->look().stalled);
  EXPECT_EQ(::poll(&waiting, 1, 0), 0) << "look() takes the notification";
}

/// Version 2's way of telling, on a file of its own kind that this machine has too: a hybrid one's
/// cgroup.events stands for memory.events.
TEST(OomWatchVersion2, TellsOfAChange) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: control groups are made";
  const std::string hierarchy = std::filesystem::exists("/sys/fs/cgroup/cgroup.procs")
                                    ? "/sys/fs/cgroup"
                                    : "/sys/fs/cgroup/unified";
  const std::string real = fmt::format("{}/wasmedge-unit-oom-{}", hierarchy, ::getpid());
  if (::mkdir(real.c_str(), 0755) != 0) GTEST_SKIP() << "no version 2 hierarchy at " << hierarchy;
  TemporaryDirectory root;
  std::filesystem::create_directories(root.path() + "/c");
  std::filesystem::create_symlink(real + "/cgroup.events", root.path() + "/c/memory.events");
  const auto watch = OomWatch::open(Cgroup::at({.unified = root.path(), .v1 = {}}, "/c"));
  ASSERT_TRUE(watch) << watch.error().message;
  ASSERT_TRUE(watch->wait_for_priority());
  (void)watch->look();
  pollfd waiting{watch->fd(), POLLPRI, 0};
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
  const pid_t child =
      child_in(Cgroup::at({.unified = hierarchy, .v1 = {}}, real.substr(hierarchy.size())),
               [] { return ::pause(); });
  EXPECT_EQ(::poll(&waiting, 1, 60'000), 1);  // populated: 0 -> 1
  (void)watch->look();
  EXPECT_EQ(::poll(&waiting, 1, 0), 0) << "look() takes the notification";
  ::kill(child, SIGKILL);
  status_of(child);
  ::rmdir(real.c_str());
}

TEST(OomWatch, NeedsAMemoryController) {
  CgroupRoots roots;
  roots.v1.push_back({{"cpu"}, "/nonexistent"});
  const auto watch = OomWatch::open(Cgroup::at(roots, "/c"));
  ASSERT_FALSE(watch);
  EXPECT_NE(watch.error().message.find("/c has no memory controller"), std::string::npos);
}

TEST_F(RealCgroup, DevicesAreDeniedUnlessAllowed) {
  auto group = Cgroup::create(roots_, path_, {});
  ASSERT_TRUE(group) << group.error().message;
  const pid_t child = child_in(*group, [] {
    if (::open("/dev/null", O_RDWR) < 0) return 1;
    if (::open("/dev/urandom", O_RDONLY) < 0) return 2;
    return ::open("/dev/kmsg", O_RDONLY) < 0 && errno == EPERM ? 0 : 3;
  });
  EXPECT_EQ(status_of(child), 0);
}

TEST_F(RealCgroup, RemovesNestedGroups) {
  auto group = Cgroup::create(roots_, path_, {});
  ASSERT_TRUE(group) << group.error().message;
  for (const std::string& directory : group->directories()) {
    ASSERT_EQ(::mkdir((directory + "/nested").c_str(), 0755), 0);
    ASSERT_EQ(::mkdir((directory + "/nested/deeper").c_str(), 0755), 0);
  }
  EXPECT_TRUE(*group->try_remove());
}

TEST_F(RealCgroup, AFailedCreateLeavesNothing) {
  Resources resources;
  resources.cpus = "4000-5000";
  const auto group = Cgroup::create(roots_, path_, resources);
  ASSERT_FALSE(group);
  EXPECT_NE(group.error().message.find("config.json: linux.resources.cpu.cpus"), std::string::npos)
      << group.error().message;
  for (const std::string& directory : Cgroup::at(roots_, path_).directories()) {
    EXPECT_FALSE(std::filesystem::exists(directory)) << directory;
  }
}

}  // namespace
}  // namespace wasmedge::oci
