#include "runtime/wasi/beneath.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "test/unit/wasi/guest.h"

namespace wasmedge::wasi {
namespace {

namespace fs = std::filesystem;

// A tree with every kind of way out, and of way round.
class BeneathTest : public testing::TestWithParam<Beneath::Mode> {
 protected:
  BeneathTest() : beneath_(GetParam()) {
    fs::create_directories(dir_.path() / "root/dir/deep");
    dir_.write("secret", "outside");
    dir_.write("root/file", "top");
    dir_.write("root/dir/inner", "inner");
    const fs::path root = dir_.path() / "root";
    fs::create_symlink("dir", root / "in");
    fs::create_symlink("file", root / "to-file");
    fs::create_symlink("..", root / "up");
    fs::create_symlink("../file", root / "dir/back");
    fs::create_symlink("../../secret", root / "dir/out");
    fs::create_symlink("/", root / "absolute");
    fs::create_symlink((root / "file").string(), root / "absolute-inside");
    fs::create_symlink("loop", root / "loop");
    fs::create_symlink("ping", root / "pong");
    fs::create_symlink("pong", root / "ping");
    fs::create_symlink("nowhere", root / "dangling");
    root_ = Fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }

  Errno open(const std::string& path, int flags = O_RDONLY) {
    opened_.reset();
    return beneath_.open(root_.get(), path.c_str(), flags, 0666, opened_);
  }

  TempDir dir_;
  Fd root_;
  Fd opened_;
  Beneath beneath_;
};

TEST_P(BeneathTest, OpensWhatIsBeneath) {
  for (const char* path : {"file", "./file", "dir/inner", "dir/../file", "in/inner", "to-file",
                           "dir/back", "in/back", "dir//deep/..//inner", "dir/", ".", "dir/."}) {
    EXPECT_EQ(open(path), Errno::kSuccess) << path;
  }
}

TEST_P(BeneathTest, RefusesEveryWayOut) {
  for (const char* path :
       {"..", "../", "../secret", "dir/../..", "dir/../../secret", "/", "/etc/passwd", "//file",
        "up", "up/secret", "up/root/file", "dir/out", "in/out", "absolute", "absolute/etc/passwd",
        "absolute-inside", "dir/deep/../../../secret", "./.././secret"}) {
    EXPECT_EQ(open(path), Errno::kPerm) << path;
    EXPECT_EQ(open(path, O_PATH), Errno::kPerm) << path;
  }
}

// What a component is changes while it is walked: a directory, a link inside, a link out.
TEST_P(BeneathTest, RacesLeadNowhere) {
  const fs::path root = dir_.path() / "root";
  fs::create_directories(dir_.path() / "elsewhere");
  dir_.write("elsewhere/inner", "outside");
  std::atomic<bool> stop = false;
  std::thread changing([&] {
    const fs::path way = root / "way", next = root / "next";
    for (unsigned i = 0; !stop; ++i) {
      // Renamed over each other, so that there is always one of them.
      fs::create_symlink(i % 2 == 0 ? "../elsewhere" : "dir", next);
      fs::rename(next, way);
    }
    fs::remove(way);
  });
  unsigned reached = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  while (std::chrono::steady_clock::now() < end) {
    if (open("way/inner") != Errno::kSuccess) continue;
    ++reached;
    const auto text = read_all(opened_.get(), 100, "inner");
    ASSERT_TRUE(text);
    ASSERT_EQ(*text, "inner");
  }
  stop = true;
  changing.join();
  EXPECT_GT(reached, 0u);
}

TEST_P(BeneathTest, TellsWhatIsWrong) {
  EXPECT_EQ(open(""), Errno::kNoEnt);
  EXPECT_EQ(open("nothing"), Errno::kNoEnt);
  EXPECT_EQ(open("nothing/file"), Errno::kNoEnt);
  EXPECT_EQ(open("dangling"), Errno::kNoEnt);
  EXPECT_EQ(open("file/below"), Errno::kNotDir);
  EXPECT_EQ(open("file/"), Errno::kNotDir);
  EXPECT_EQ(open("file/."), Errno::kNotDir);
  EXPECT_EQ(open("file", O_DIRECTORY), Errno::kNotDir);
  EXPECT_EQ(open("loop"), Errno::kLoop);
  EXPECT_EQ(open("ping/x"), Errno::kLoop);
  EXPECT_EQ(open("to-file", O_NOFOLLOW), Errno::kLoop);
  EXPECT_EQ(open("dir", O_RDWR), Errno::kIsDir);
  EXPECT_EQ(open(std::string(256, 'x')), Errno::kNameTooLong);
  EXPECT_EQ(open("new/", O_CREAT | O_RDWR), Errno::kIsDir);
  EXPECT_EQ(open("to-file", O_CREAT | O_EXCL | O_RDWR), Errno::kExist);
}

TEST_P(BeneathTest, CreatesThroughADanglingLinkButNeverOutside) {
  EXPECT_EQ(open("dangling", O_CREAT | O_RDWR), Errno::kSuccess);
  EXPECT_TRUE(fs::exists(dir_.path() / "root/nowhere"));
  fs::create_symlink("../made-outside", dir_.path() / "root/way-out");
  EXPECT_EQ(open("way-out", O_CREAT | O_RDWR), Errno::kPerm);
  EXPECT_EQ(open("../made-outside", O_CREAT | O_RDWR), Errno::kPerm);
  EXPECT_FALSE(fs::exists(dir_.path() / "made-outside"));
}

TEST_P(BeneathTest, MagicLinksLeadNowhere) {
  const Fd proc(::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(proc);
  Fd opened;
  for (const char* path : {"root", "root/etc", "cwd", "exe", "fd/0", "ns/mnt", "task/../root"}) {
    EXPECT_NE(beneath_.open(proc.get(), path, O_RDONLY, 0, opened), Errno::kSuccess) << path;
  }
  EXPECT_EQ(beneath_.open(proc.get(), "status", O_RDONLY, 0, opened), Errno::kSuccess);
}

TEST_P(BeneathTest, FindsThePlaceOfALastComponent) {
  std::string path = "dir/deep/../x//";
  Place place;
  ASSERT_EQ(beneath_.find(root_.get(), path.data(), place), Errno::kSuccess);
  EXPECT_STREQ(place.name, "x//");
  struct stat found{};
  struct stat expected{};
  ASSERT_EQ(::fstat(place.dir, &found), 0);
  ASSERT_EQ(::stat((dir_.path() / "root/dir").c_str(), &expected), 0);
  EXPECT_EQ(found.st_ino, expected.st_ino);

  for (std::string outside : {"../x", "up/x", "/x", "absolute/x", "dir/../../x", "/"}) {
    Place none;
    EXPECT_EQ(beneath_.find(root_.get(), outside.data(), none), Errno::kPerm) << outside;
  }
  std::string empty;
  Place none;
  EXPECT_EQ(beneath_.find(root_.get(), empty.data(), none), Errno::kNoEnt);
}

INSTANTIATE_TEST_SUITE_P(Modes, BeneathTest,
                         testing::Values(Beneath::Mode::kOpenat2, Beneath::Mode::kWalk),
                         [](const auto& info) {
                           return info.param == Beneath::Mode::kWalk ? "Walk" : "Openat2";
                         });

// The walk must be what the kernel does, in every combination of components and flags.
class DifferentialTest : public BeneathTest {};

std::string outcome(Errno error, const Fd& fd) {
  if (error != Errno::kSuccess) return "errno " + std::to_string(static_cast<uint32_t>(error));
  struct stat status{};
  EXPECT_EQ(::fstat(fd.get(), &status), 0);
  return "inode " + std::to_string(status.st_ino);
}

TEST_P(DifferentialTest, WalkAgreesWithOpenat2) {
  const std::vector<std::string> components = {".",     "..",   "dir",      "deep",    "file",
                                               "inner", "in",   "to-file",  "up",      "out",
                                               "back",  "loop", "dangling", "missing", "absolute"};
  const int all_flags[] = {O_RDONLY,
                           O_RDONLY | O_NOFOLLOW,
                           O_RDONLY | O_DIRECTORY,
                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                           O_PATH,
                           O_PATH | O_NOFOLLOW,
                           O_RDWR};
  std::vector<std::string> paths = components;
  for (const std::string& a : components) {
    for (const std::string& b : components) {
      paths.push_back(a + "/" + b);
      for (const std::string& c : components) paths.push_back(a + "/" + b + "/" + c);
    }
  }
  size_t compared = 0;
  for (const std::string& bare : paths) {
    for (const std::string& path : {bare, bare + "/"}) {
      for (const int flags : all_flags) {
        Fd kernel;
        Fd walked;
        Beneath openat2(Beneath::Mode::kOpenat2);
        const Errno a = openat2.open(root_.get(), path.c_str(), flags, 0, kernel);
        const Errno b = open_walking(root_.get(), path.c_str(), flags, 0, walked);
        ASSERT_EQ(outcome(a, kernel), outcome(b, walked)) << path << " flags " << flags;
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, (15U + 225U + 3375U) * 2U * 7U);
}

INSTANTIATE_TEST_SUITE_P(Once, DifferentialTest, testing::Values(Beneath::Mode::kOpenat2));

// In a child, since a seccomp filter stays: openat2 answers `error`, and opening works all the
// same.
int open_without_openat2(int error, const std::string& root) {
  const sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {std::size(program), const_cast<sock_filter*>(program)};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    return 10;
  }
  const Fd base(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  Beneath beneath;
  Fd opened;
  if (beneath.open(base.get(), "dir/../file", O_RDONLY, 0, opened) != Errno::kSuccess) return 1;
  if (beneath.open(base.get(), "../secret", O_RDONLY, 0, opened) != Errno::kPerm) return 2;
  return 0;
}

TEST(BeneathFallback, TakesOverWhereSeccompDeniesOpenat2) {
  const TempDir dir;
  fs::create_directories(dir.path() / "root/dir");
  dir.write("root/file", "x");
  dir.write("secret", "x");
  for (const int error : {ENOSYS, EPERM}) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(open_without_openat2(error, (dir.path() / "root").string()));
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0) << "openat2 answering " << error;
  }
}

}  // namespace
}  // namespace wasmedge::wasi
