#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/fs.h>

#include <cstdio>
#include <string>
#include <thread>

#include "test/unit/wasi/guest.h"

// Ways out of a directory while somebody else changes it (CVE-2021-30465 and its kin), and ways in
// to what is mounted in it. test/unit/wasi/beneath_test has those that stand still.
namespace wasmedge::wasi {
namespace {

namespace fs = std::filesystem;

constexpr int kTries = 100'000;

class AttackTest : public testing::TestWithParam<Beneath::Mode> {
 protected:
  AttackTest() : guest_(GetParam()), place_(guest_.dir.path()), root_(place_ / "root") {
    fs::create_directories(root_ / "dir");
    fs::create_directories(place_ / "elsewhere");
    guest_.dir.write("root/dir/file", "inside");
    guest_.dir.write("elsewhere/file", "outside");
    fs::create_symlink("../elsewhere", root_ / "link");
    // A disk that is full would look like a way out.
    EXPECT_EQ(guest_.dir.read("root/dir/file"), "inside");
    EXPECT_EQ(guest_.dir.read("elsewhere/file"), "outside");
  }

  // Exchanges two names of the root until it is stopped, which its end does too: each exists all
  // the time.
  std::jthread exchanging(const std::string& a, const std::string& b) {
    return std::jthread([a = root_ / a, b = root_ / b](const std::stop_token& stop) {
      while (!stop.stop_requested())
        ::syscall(SYS_renameat2, AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
    });
  }

  Guest guest_;
  fs::path place_;
  fs::path root_;
};

// A directory becomes a link to a place outside, and back: what a path names is looked at in one
// step, or not at all.
TEST_P(AttackTest, ALinkInPlaceOfADirectory) {
  std::jthread renamer = exchanging("dir", "link");
  int inside = 0;
  WasiEnv& env = *guest_.env;
  const uint32_t path = guest_.put("dir/file");
  const uint32_t made = guest_.put("dir/made");
  for (int i = 0; i < kTries; ++i) {
    if (preview1::path_open(env, 3, kSymlinkFollow, path, 8, 0, kFdRead | kFdFilestatGet, 0, 0,
                            Guest::kOut) == Errno::kSuccess) {
      const auto fd = guest_.get<uint32_t>(Guest::kOut);
      ASSERT_EQ(preview1::fd_filestat_get(env, fd, 0x200), Errno::kSuccess);
      ASSERT_EQ(guest_.get<Filestat>(0x200).size, 6U) << "try " << i;  // "inside", not "outside"
      preview1::fd_close(env, fd);
      ++inside;
    }
    // Each may succeed, where it is inside; none may do anything elsewhere.
    preview1::path_create_directory(env, 3, made, 8);
    preview1::path_filestat_set_times(env, 3, 0, path, 8, 1, 1, kSetMtim);
    preview1::path_remove_directory(env, 3, made, 8);
  }
  renamer.request_stop();
  renamer.join();
  EXPECT_GT(inside, 0);
  EXPECT_EQ(guest_.dir.read("elsewhere/file"), "outside");
  EXPECT_GT(fs::last_write_time(place_ / "elsewhere/file"),
            fs::last_write_time(root_) - std::chrono::hours(1));
  EXPECT_EQ(std::distance(fs::directory_iterator(place_ / "elsewhere"), {}), 1);
}

// A directory is moved out while the guest goes up from within it: ".." must not lead where it has
// gone.
TEST_P(AttackTest, ADirectoryThatLeavesWhileItIsWalked) {
  fs::create_directories(root_ / "a/b/c");
  std::jthread renamer([this](const std::stop_token& stop) {
    const fs::path in = root_ / "a/b", out = place_ / "elsewhere/b";
    while (!stop.stop_requested()) {
      ::rename(in.c_str(), out.c_str());
      ::rename(out.c_str(), in.c_str());
    }
    ::rename(out.c_str(), in.c_str());
  });
  WasiEnv& env = *guest_.env;
  const std::string up = "a/b/c/../../file";
  const uint32_t path = guest_.put(up);
  int found = 0;
  for (int i = 0; i < kTries; ++i) {
    // Beneath the root there is no a/file; outside there is elsewhere/file.
    if (preview1::path_filestat_get(env, 3, 0, path, static_cast<uint32_t>(up.size()),
                                    Guest::kOut) == Errno::kSuccess)
      ++found;
  }
  renamer.request_stop();
  renamer.join();
  EXPECT_EQ(found, 0);
}

// Hard links and renames make no way from a read-only directory to one that can be written.
TEST_P(AttackTest, HardLinksFromAReadOnlyDirectory) {
  Fd dir(::open((place_ / "elsewhere").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  WasiEnv& env = *guest_.env;
  const uint32_t fd = env.fds.add(Descriptor::preopen(std::move(dir), "/ro", true));
  const uint32_t file = guest_.put("file");
  const uint32_t name = guest_.put("mine");
  EXPECT_EQ(preview1::path_link(env, fd, 0, file, 4, 3, name, 4), Errno::kRoFs);
  EXPECT_EQ(preview1::path_rename(env, fd, file, 4, 3, name, 4), Errno::kRoFs);
  EXPECT_FALSE(fs::exists(root_ / "mine"));
}

// In a process and a mount namespace of its own: `child`'s status.
template <typename Child>
int with_mounts(const Child& child) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      ::_exit(77);
    ::_exit(child());
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// A mount in a directory belongs to it, and one in that too; procfs does not, by whatever way, and
// ".." out of a mount leads up and no further.
TEST_P(AttackTest, MountsInsideMounts) {
  fs::create_directories(root_ / "volume");
  const int status = with_mounts([this] {
    const fs::path volume = root_ / "volume";
    int line = 0;
    const auto check = [&line](int at, bool right) {
      if (!right && line == 0) line = at - 130;
    };
#define CHECK(...) check(__LINE__, __VA_ARGS__)
    if (::mount("none", volume.c_str(), "tmpfs", 0, nullptr) != 0) return 77;
    fs::create_directories(volume / "inner");
    fs::create_directories(volume / "proc");
    if (::mount("none", (volume / "inner").c_str(), "tmpfs", 0, nullptr) != 0) return 77;
    if (::mount("none", (volume / "proc").c_str(), "proc", 0, nullptr) != 0) return 77;
    // What was opened before the namespace was is in the old one.
    Fd again(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    guest_.env->fds.renumber(guest_.env->fds.add(Descriptor::preopen(std::move(again), "/", false)),
                             Guest::kRoot);
    guest_.dir.write("root/volume/inner/file", "deep");
    fs::create_symlink("../proc/self", volume / "inner/self");
    CHECK(guest_.open("volume/inner/file", {.base = kFdRead}) == Errno::kSuccess);
    CHECK(guest_.open("volume/inner/../../dir/file", {.base = kFdRead}) == Errno::kSuccess);
    CHECK(guest_.open("volume/inner/../../../secret", {.base = kFdRead}) == Errno::kPerm);
    CHECK(guest_.create_directory("volume/inner/made") == Errno::kSuccess);
    CHECK(guest_.rename("volume/inner/file", "dir/moved") == Errno::kXDev);
    CHECK(guest_.link("volume/inner/file", "dir/linked") == Errno::kXDev);
    for (const char* path : {"volume/proc/self/mem", "volume/proc/self/status", "volume/proc",
                             "volume/inner/self/mem", "volume/proc/self/task/../mem"}) {
      CHECK(guest_.open(path, {.base = kFdRead}) == Errno::kAcces);
      CHECK(guest_.open(path, {.base = kFdRead | kFdWrite}) != Errno::kSuccess);
      CHECK(guest_.stat(path) == Errno::kAcces);
    }
    for (const char* path :
         {"volume/proc/self/root/etc/passwd", "volume/proc/self/cwd", "volume/proc/self/exe",
          "volume/proc/self/fd/0", "volume/inner/self/root"}) {
      CHECK(guest_.open(path, {.base = kFdRead}) != Errno::kSuccess);
    }
    CHECK(guest_.unlink("volume/proc/self/mem") == Errno::kAcces);
    CHECK(guest_.create_directory("volume/proc/x/y") != Errno::kSuccess);
#undef CHECK
    return line;
  });
  if (status == 77) GTEST_SKIP() << "mounting in a namespace of one's own needs root";
  EXPECT_EQ(status, 0) << "line " << status + 130;
}

INSTANTIATE_TEST_SUITE_P(Modes, AttackTest,
                         testing::Values(Beneath::Mode::kOpenat2, Beneath::Mode::kWalk),
                         [](const auto& info) {
                           return info.param == Beneath::Mode::kWalk ? "Walk" : "Openat2";
                         });

}  // namespace
}  // namespace wasmedge::wasi
