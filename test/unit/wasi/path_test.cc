#include <gtest/gtest.h>

#include "test/unit/wasi/guest.h"

namespace wasmedge::wasi {
namespace {

namespace fs = std::filesystem;

class PathTest : public testing::TestWithParam<Beneath::Mode> {
 protected:
  PathTest() : guest_(GetParam()), root_(guest_.dir.path() / "root") {}
  void write(const std::string& name) { guest_.dir.write("root/" + name, name); }
  bool exists(const std::string& name) const {
    return fs::exists(fs::symlink_status(guest_.dir.path() / name));
  }
  Guest guest_;
  fs::path root_;
};

TEST_P(PathTest, MakesAndRemovesDirectories) {
  EXPECT_EQ(guest_.create_directory("a"), Errno::kSuccess);
  EXPECT_EQ(guest_.create_directory("a/b/"), Errno::kSuccess);
  EXPECT_EQ(guest_.create_directory("a/b"), Errno::kExist);
  EXPECT_EQ(guest_.create_directory("x/y"), Errno::kNoEnt);
  EXPECT_EQ(guest_.create_directory("."), Errno::kExist);
  EXPECT_EQ(guest_.create_directory(""), Errno::kNoEnt);
  EXPECT_EQ(guest_.remove_directory("a"), Errno::kNotEmpty);
  EXPECT_EQ(guest_.remove_directory("a/b/"), Errno::kSuccess);
  EXPECT_EQ(guest_.remove_directory("a"), Errno::kSuccess);
  EXPECT_EQ(guest_.remove_directory("a"), Errno::kNoEnt);
  write("file");
  EXPECT_EQ(guest_.remove_directory("file"), Errno::kNotDir);
  EXPECT_EQ(guest_.remove_directory("file/"), Errno::kNotDir);
  EXPECT_EQ(guest_.remove_directory("."), Errno::kInval);
}

TEST_P(PathTest, UnlinksFilesOnly) {
  write("file");
  fs::create_directory(root_ / "dir");
  fs::create_symlink("dir", root_ / "to-dir");
  EXPECT_EQ(guest_.unlink("dir"), Errno::kIsDir);
  EXPECT_EQ(guest_.unlink("dir/"), Errno::kIsDir);
  EXPECT_EQ(guest_.unlink("file/"), Errno::kNotDir);
  EXPECT_EQ(guest_.unlink("file"), Errno::kSuccess);
  EXPECT_EQ(guest_.unlink("file"), Errno::kNoEnt);
  EXPECT_EQ(guest_.unlink("to-dir"), Errno::kSuccess);
  EXPECT_TRUE(exists("root/dir"));
}

TEST_P(PathTest, RenamesAsTheKernelDoes) {
  fs::create_directories(root_ / "dir");
  EXPECT_EQ(guest_.rename("dir/", "moved"), Errno::kSuccess);
  EXPECT_EQ(guest_.rename("moved", "dir/"), Errno::kSuccess);
  write("file");
  EXPECT_EQ(guest_.rename("file", "dir"), Errno::kIsDir);
  EXPECT_EQ(guest_.rename("file/", "other"), Errno::kNotDir);
  EXPECT_EQ(guest_.rename("file", "other/"), Errno::kNotDir);
  EXPECT_EQ(guest_.rename("dir", "file"), Errno::kNotDir);
  EXPECT_EQ(guest_.rename("dir", "dir/below"), Errno::kInval);
  write("dir/inside");
  fs::create_directory(root_ / "empty");
  EXPECT_EQ(guest_.rename("empty", "dir"), Errno::kNotEmpty);
  EXPECT_EQ(guest_.rename("file", "dir/inside"), Errno::kSuccess);
  EXPECT_EQ(guest_.dir.read("root/dir/inside"), "file");
  EXPECT_EQ(guest_.rename("none", "x"), Errno::kNoEnt);
}

TEST_P(PathTest, LinksFiles) {
  write("file");
  fs::create_directory(root_ / "dir");
  fs::create_symlink("nowhere", root_ / "dangling");
  fs::create_symlink("file", root_ / "to-file");
  fs::create_symlink("../secret", root_ / "out");
  EXPECT_EQ(guest_.link("file", "dir/hard"), Errno::kSuccess);
  EXPECT_EQ(fs::hard_link_count(root_ / "file"), 2U);
  EXPECT_EQ(guest_.link("file", "file"), Errno::kExist);
  EXPECT_EQ(guest_.link("file", "dir"), Errno::kExist);
  EXPECT_EQ(guest_.link("file", "dangling"), Errno::kExist);
  EXPECT_EQ(guest_.link("file", "new/"), Errno::kNoEnt);
  EXPECT_EQ(guest_.link("file/", "new"), Errno::kNotDir);
  EXPECT_EQ(guest_.link("to-file/", "new"), Errno::kNotDir);
  EXPECT_EQ(guest_.link("dir", "new"), Errno::kPerm);
  EXPECT_EQ(guest_.link("dir/", "new"), Errno::kPerm);
  EXPECT_EQ(guest_.link("none", "new"), Errno::kNoEnt);
  // The link itself, not what it points to.
  EXPECT_EQ(guest_.link("out", "out2"), Errno::kSuccess);
  EXPECT_TRUE(fs::is_symlink(root_ / "out2"));
  EXPECT_EQ(guest_.link("to-file", "new", Guest::kRoot, kSymlinkFollow), Errno::kInval);
}

TEST_P(PathTest, SymbolicLinksKeepTheirTextAndPointNowhereAbsolute) {
  EXPECT_EQ(guest_.symlink("some/where", "link"), Errno::kSuccess);
  std::string target;
  EXPECT_EQ(guest_.readlink("link", &target), Errno::kSuccess);
  EXPECT_EQ(target, "some/where");
  EXPECT_EQ(guest_.readlink("link", &target, 4), Errno::kSuccess);
  EXPECT_EQ(target, "some");
  EXPECT_EQ(guest_.symlink("/etc/passwd", "absolute"), Errno::kPerm);
  EXPECT_EQ(guest_.symlink("/", "absolute"), Errno::kPerm);
  EXPECT_EQ(guest_.symlink("", "empty"), Errno::kNoEnt);
  EXPECT_EQ(guest_.symlink("x", "link"), Errno::kExist);
  EXPECT_EQ(guest_.symlink("x", "new/"), Errno::kNoEnt);
  fs::create_directory(root_ / "dir");
  EXPECT_EQ(guest_.symlink("x", "dir/"), Errno::kExist);
  write("file");
  EXPECT_EQ(guest_.symlink("x", "file/"), Errno::kNotDir);
  EXPECT_EQ(guest_.symlink("x", "link/"), Errno::kExist);
  EXPECT_EQ(guest_.readlink("dir"), Errno::kInval);
  EXPECT_EQ(guest_.readlink("none"), Errno::kNoEnt);
  EXPECT_FALSE(exists("root/absolute"));
}

TEST_P(PathTest, StatsAndTimesFollowOnlyWhenAsked) {
  write("file");
  fs::create_symlink("file", root_ / "link");
  Filestat stat{};
  EXPECT_EQ(guest_.stat("link", &stat), Errno::kSuccess);
  EXPECT_EQ(stat.type, FileType::kRegularFile);
  EXPECT_EQ(stat.size, 4U);
  EXPECT_EQ(stat.links, 1U);
  EXPECT_EQ(guest_.stat("link", &stat, false), Errno::kSuccess);
  EXPECT_EQ(stat.type, FileType::kSymbolicLink);

  constexpr uint64_t kTime = 1'234'567'890'123'456'789;
  EXPECT_EQ(guest_.set_times("link", kTime, kSetMtim), Errno::kSuccess);
  EXPECT_EQ(guest_.stat("file", &stat), Errno::kSuccess);
  EXPECT_EQ(stat.modified, kTime);
  EXPECT_NE(stat.accessed, kTime);
  EXPECT_EQ(guest_.set_times("link", 7, kSetAtim | kSetMtim, false), Errno::kSuccess);
  EXPECT_EQ(guest_.stat("file", &stat), Errno::kSuccess);
  EXPECT_EQ(stat.modified, kTime);
  EXPECT_EQ(guest_.set_times("file", 1, kSetMtim | kSetMtimNow), Errno::kInval);
  EXPECT_EQ(guest_.set_times("file", 1, kSetAtim | kSetAtimNow), Errno::kInval);
  EXPECT_EQ(guest_.set_times("file", 1, 16), Errno::kInval);
  EXPECT_EQ(guest_.set_times("file", ~uint64_t{0}, kSetAtim), Errno::kSuccess);
  EXPECT_EQ(guest_.set_times("file", 0, kSetAtimNow | kSetMtimNow), Errno::kSuccess);
  EXPECT_EQ(guest_.stat("file", &stat), Errno::kSuccess);
  EXPECT_GT(stat.modified, kTime);
}

// The older module's filestat counts links in 32 bits, and what follows lies 8 bytes before.
TEST_P(PathTest, TheOlderLayout) {
  write("file");
  fs::create_hard_link(root_ / "file", root_ / "again");
  WasiEnv& env = *guest_.env;
  Filestat stat{};
  EXPECT_EQ(guest_.stat("file", &stat), Errno::kSuccess);
  const auto same = [&](uint32_t at) {
    const auto older = guest_.get<UnstableFilestat>(at);
    EXPECT_EQ(older.device, stat.device);
    EXPECT_EQ(older.inode, stat.inode);
    EXPECT_EQ(older.type, FileType::kRegularFile);
    EXPECT_EQ(older.links, 2U);
    EXPECT_EQ(older.size, 4U);
    EXPECT_EQ(older.accessed, stat.accessed);
    EXPECT_EQ(older.modified, stat.modified);
    EXPECT_EQ(older.changed, stat.changed);
    EXPECT_EQ(guest_.get<uint64_t>(at + 56), ~uint64_t{0});  // nothing behind it is written
  };
  const uint32_t path = guest_.put("file");
  const uint32_t fd = guest_.must_open("file", {.base = Guest::kRead});
  for (const uint32_t at : {0x200U, 0x300U}) guest_.set(at + 56, ~uint64_t{0});
  EXPECT_EQ(unstable::path_filestat_get(env, Guest::kRoot, 0, path, 4, 0x200), Errno::kSuccess);
  same(0x200);
  EXPECT_EQ(unstable::fd_filestat_get(env, fd, 0x300), Errno::kSuccess);
  same(0x300);
  EXPECT_EQ(unstable::fd_filestat_get(env, fd, Guest::kMemoryBytes - 55), Errno::kFault);
  EXPECT_EQ(unstable::fd_filestat_get(env, fd, Guest::kMemoryBytes - 56), Errno::kSuccess);
}

// Every path function refuses every way out, on both of its ends, and nothing outside changes.
TEST_P(PathTest, NothingOutsideIsReached) {
  write("file");
  fs::create_directory(guest_.dir.path() / "victim");
  fs::create_symlink("..", root_ / "up");
  fs::create_symlink("../victim", root_ / "to-victim");
  fs::create_symlink("../secret", root_ / "to-secret");
  for (const char* way : {"../", "up/", "/", "./../", "to-victim/../"}) {
    const std::string out = way;
    const std::string secret = out + "secret";
    const std::string made = out + "made";
    EXPECT_EQ(guest_.open(secret, {.base = Guest::kRead}), Errno::kPerm) << way;
    EXPECT_EQ(guest_.open(made, {.oflags = kOflagCreat}), Errno::kPerm) << way;
    EXPECT_EQ(guest_.create_directory(made), Errno::kPerm) << way;
    EXPECT_EQ(guest_.remove_directory(out + "victim"), Errno::kPerm) << way;
    EXPECT_EQ(guest_.unlink(secret), Errno::kPerm) << way;
    EXPECT_EQ(guest_.rename(secret, "stolen"), Errno::kPerm) << way;
    EXPECT_EQ(guest_.rename("file", made), Errno::kPerm) << way;
    EXPECT_EQ(guest_.link(secret, "stolen"), Errno::kPerm) << way;
    EXPECT_EQ(guest_.link("file", made), Errno::kPerm) << way;
    EXPECT_EQ(guest_.symlink("x", made), Errno::kPerm) << way;
    EXPECT_EQ(guest_.readlink(secret), Errno::kPerm) << way;
    EXPECT_EQ(guest_.stat(secret), Errno::kPerm) << way;
    EXPECT_EQ(guest_.set_times(secret, 1, kSetMtim), Errno::kPerm) << way;
  }
  // Trailing slashes make the kernel follow links.
  EXPECT_EQ(guest_.stat("to-victim/", nullptr, false), Errno::kPerm);
  EXPECT_EQ(guest_.set_times("to-victim/", 1, kSetMtim, false), Errno::kPerm);
  EXPECT_EQ(guest_.readlink("to-victim/"), Errno::kPerm);
  EXPECT_EQ(guest_.open("to-victim/", {.base = Guest::kRead, .lookup = 0}), Errno::kPerm);
  EXPECT_NE(guest_.link("to-victim/", "new"), Errno::kSuccess);
  EXPECT_NE(guest_.remove_directory("to-victim/"), Errno::kSuccess);
  EXPECT_NE(guest_.create_directory("to-victim/"), Errno::kSuccess);
  EXPECT_NE(guest_.rename("to-victim/", "new"), Errno::kSuccess);
  EXPECT_EQ(guest_.stat("to-secret"), Errno::kPerm);
  EXPECT_TRUE(exists("victim"));
  EXPECT_FALSE(exists("made"));
  EXPECT_EQ(guest_.dir.read("secret"), "outside");
}

TEST_P(PathTest, PathsAreChecked) {
  const uint32_t path = guest_.put(std::string(5000, 'a'));
  const auto make = [&](uint32_t address, uint32_t size) {
    return preview1::path_create_directory(*guest_.env, Guest::kRoot, address, size);
  };
  EXPECT_EQ(make(path, 4096), Errno::kNameTooLong);
  EXPECT_EQ(make(path, 256), Errno::kNameTooLong);
  EXPECT_EQ(make(path, 0xffffffff), Errno::kFault);
  EXPECT_EQ(make(0xffffffff, 2), Errno::kFault);
  EXPECT_EQ(make(Guest::kMemoryBytes - 1, 2), Errno::kFault);
  EXPECT_EQ(guest_.create_directory(std::string_view("a\0b", 3)), Errno::kInval);
  EXPECT_EQ(guest_.create_directory("x", 99), Errno::kBadF);
  EXPECT_EQ(guest_.create_directory("x", 1), Errno::kNotDir);
}

INSTANTIATE_TEST_SUITE_P(Modes, PathTest,
                         testing::Values(Beneath::Mode::kOpenat2, Beneath::Mode::kWalk),
                         [](const auto& info) {
                           return info.param == Beneath::Mode::kWalk ? "Walk" : "Openat2";
                         });

}  // namespace
}  // namespace wasmedge::wasi
