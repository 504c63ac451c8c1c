#include <gtest/gtest.h>

#include "test/unit/wasi/guest.h"

namespace wasmedge::wasi {
namespace {

namespace fs = std::filesystem;

Fdstat fdstat(Guest& guest, uint32_t fd) {
  EXPECT_EQ(preview1::fd_fdstat_get(*guest.env, fd, Guest::kOut), Errno::kSuccess);
  return guest.get<Fdstat>(Guest::kOut);
}

// Each path function, on a directory that lacks just the right it needs.
TEST(Rights, EachPathFunctionNeedsItsOwn) {
  Guest guest;
  guest.dir.write("root/file", "x");
  fs::create_directory(guest.dir.path() / "root/dir");
  uint32_t lacking = 0;
  const auto without = [&](Rights right) {
    lacking = guest.must_open(".", {.base = kDirectoryRights & ~right});
    return lacking;
  };
  const auto refused = [&](Errno error) { EXPECT_EQ(error, Errno::kNotCapable) << lacking; };
  refused(guest.open("file", {.base = kFdRead, .dir = without(kPathOpen)}));
  refused(guest.open("new", {.oflags = kOflagCreat, .dir = without(kPathCreateFile)}));
  refused(guest.open("file", {.oflags = kOflagTrunc, .dir = without(kPathFilestatSetSize)}));
  refused(guest.create_directory("new", without(kPathCreateDirectory)));
  refused(guest.remove_directory("dir", without(kPathRemoveDirectory)));
  refused(guest.unlink("file", without(kPathUnlinkFile)));
  refused(guest.symlink("x", "new", without(kPathSymlink)));
  refused(guest.rename("file", "new", without(kPathRenameTarget)));
  refused(guest.link("file", "new", without(kPathLinkTarget)));
  const uint32_t path = guest.put("file");
  const uint32_t other = guest.put("new");
  WasiEnv& env = *guest.env;
  refused(preview1::path_rename(env, without(kPathRenameSource), path, 4, 3, other, 3));
  refused(preview1::path_link(env, without(kPathLinkSource), 0, path, 4, 3, other, 3));
  refused(preview1::path_readlink(env, without(kPathReadlink), path, 4, 0x200, 9, 0x100));
  refused(preview1::path_filestat_get(env, without(kPathFilestatGet), 0, path, 4, 0x100));
  refused(preview1::path_filestat_set_times(env, without(kPathFilestatSetTimes), 0, path, 4, 0, 0,
                                            kSetMtimNow));
  refused(preview1::fd_readdir(env, without(kFdReaddir), 0x200, 64, 0, 0x100));
  EXPECT_EQ(guest.dir.read("root/file"), "x");
}

TEST(Rights, EachFdFunctionNeedsItsOwn) {
  Guest guest;
  WasiEnv& env = *guest.env;
  const auto without = [&](Rights right) {
    return guest.must_open("file", {.oflags = kOflagCreat, .base = kFileRights & ~right});
  };
  const auto refused = [](Errno error) { EXPECT_EQ(error, Errno::kNotCapable); };
  refused(preview1::fd_pread(env, without(kFdSeek), 0, 0, 0, 0x100));
  refused(preview1::fd_pwrite(env, without(kFdSeek), 0, 0, 0, 0x100));
  refused(preview1::fd_seek(env, without(kFdSeek), 1, 0, 0x100));
  refused(preview1::fd_tell(env, without(kFdTell | kFdSeek), 0x100));
  EXPECT_EQ(preview1::fd_tell(env, without(kFdSeek), 0x100), Errno::kSuccess);
  EXPECT_EQ(preview1::fd_tell(env, without(kFdTell), 0x100),
            Errno::kSuccess);  // to seek is to tell
  refused(preview1::fd_sync(env, without(kFdSync)));
  refused(preview1::fd_datasync(env, without(kFdDatasync)));
  refused(preview1::fd_advise(env, without(kFdAdvise), 0, 0, 0));
  refused(preview1::fd_allocate(env, without(kFdAllocate), 0, 1));
  refused(preview1::fd_filestat_get(env, without(kFdFilestatGet), 0x100));
  refused(preview1::fd_filestat_set_size(env, without(kFdFilestatSetSize), 0));
  refused(preview1::fd_filestat_set_times(env, without(kFdFilestatSetTimes), 0, 0, 0));
  refused(preview1::fd_fdstat_set_flags(env, without(kFdFdstatSetFlags), 0));
}

// Who did not open a file to read it has the wrong descriptor, as in POSIX; who did and may not, or
// may no more, lacks a right.
TEST(Rights, ReadingAndWritingMustHaveBeenAskedFor) {
  Guest guest;
  guest.dir.write("root/file", "x");
  WasiEnv& env = *guest.env;
  const uint32_t reads = guest.must_open("file", {.base = kFileRights & ~kWriteRights});
  EXPECT_EQ(preview1::fd_write(env, reads, 0, 0, 0x100), Errno::kBadF);
  EXPECT_EQ(preview1::fd_pwrite(env, reads, 0, 0, 0, 0x100), Errno::kBadF);
  const uint32_t writes = guest.must_open("file", {.base = kFileRights & ~kFdRead});
  EXPECT_EQ(preview1::fd_read(env, writes, 0, 0, 0x100), Errno::kBadF);
  EXPECT_EQ(preview1::fd_pread(env, writes, 0, 0, 0, 0x100), Errno::kBadF);
  EXPECT_EQ(preview1::fd_fdstat_set_rights(env, reads, kFdFilestatGet, 0), Errno::kSuccess);
  EXPECT_EQ(preview1::fd_read(env, reads, 0, 0, 0x100), Errno::kNotCapable);
  EXPECT_EQ(preview1::fd_write(env, reads, 0, 0, 0x100), Errno::kBadF);
}

// The right to sync what is opened is the right to have each write synced.
TEST(Rights, SyncedWritesNeedTheRightToSync) {
  Guest guest;
  guest.dir.write("root/file", "x");
  struct Case {
    Rights inheriting;
    uint32_t fdflags;
    Errno error;
  };
  constexpr Rights kPlain = kFdRead | kFdWrite;
  for (const Case& each : {
           Case{kPlain, 0, Errno::kSuccess},
           Case{kPlain, kFdflagDsync, Errno::kNotCapable},
           Case{kPlain | kFdDatasync, kFdflagDsync, Errno::kSuccess},
           Case{kPlain | kFdDatasync, kFdflagSync, Errno::kNotCapable},
           Case{kPlain | kFdDatasync, kFdflagRsync, Errno::kNotCapable},
           Case{kPlain | kFdSync, kFdflagDsync, Errno::kSuccess},
           Case{kPlain | kFdSync, kFdflagSync | kFdflagRsync, Errno::kSuccess},
       }) {
    const uint32_t dir =
        guest.must_open(".", {.base = kDirectoryRights, .inheriting = each.inheriting});
    EXPECT_EQ(guest.open("file", {.base = kPlain, .fdflags = each.fdflags, .dir = dir}), each.error)
        << each.inheriting << " " << each.fdflags;
  }
}

TEST(Rights, OnlyShrink) {
  Guest guest;
  WasiEnv& env = *guest.env;
  const uint32_t fd = guest.must_open(".", {.base = kDirectoryRights});
  EXPECT_EQ(preview1::fd_fdstat_set_rights(env, fd, kPathOpen, kFdRead), Errno::kSuccess);
  EXPECT_EQ(preview1::fd_fdstat_set_rights(env, fd, kPathOpen | kFdReaddir, kFdRead),
            Errno::kNotCapable);
  EXPECT_EQ(preview1::fd_fdstat_set_rights(env, fd, kPathOpen, kFdRead | kFdWrite),
            Errno::kNotCapable);
  EXPECT_EQ(preview1::fd_fdstat_set_rights(env, fd, ~uint64_t{0}, 0), Errno::kNotCapable);
  EXPECT_EQ(fdstat(guest, fd).rights_base, kPathOpen);
  EXPECT_EQ(fdstat(guest, fd).rights_inheriting, kFdRead);
  // What is opened beneath it has no more, whatever it asks for.
  guest.dir.write("root/file", "x");
  const uint32_t file = guest.must_open("file", {.base = ~Rights{0}, .dir = fd});
  EXPECT_EQ(fdstat(guest, file).rights_base, kFdRead);
  EXPECT_EQ(guest.write(file, "y"), Errno::kNotCapable);
}

TEST(Rights, FitWhatWasOpened) {
  Guest guest;
  guest.dir.write("root/file", "x");
  const uint32_t dir = guest.must_open(".", {.base = Guest::kRead});
  EXPECT_EQ(fdstat(guest, dir).type, FileType::kDirectory);
  EXPECT_EQ(fdstat(guest, dir).rights_base, kFdReaddir | kFdFilestatGet);
  const uint32_t file = guest.must_open("file", {.base = Guest::kRead});
  EXPECT_EQ(fdstat(guest, file).type, FileType::kRegularFile);
  EXPECT_EQ(fdstat(guest, file).rights_base, kFdRead | kFdSeek | kFdTell | kFdFilestatGet);
  // The rights of a directory open a directory again, and reading and writing one cannot be had.
  const Fdstat root = fdstat(guest, Guest::kRoot);
  EXPECT_EQ(guest.open(".", {.base = root.rights_base, .inheriting = root.rights_inheriting}),
            Errno::kSuccess);
  EXPECT_EQ(guest.open(".", {.oflags = kOflagDirectory, .base = kFdRead | kFdWrite}),
            Errno::kIsDir);
}

// A link or a name in another directory must not make a file writable that was not.
TEST(Rights, LinksAndRenamesCannotWidenThem) {
  Guest guest;
  guest.dir.write("root/file", "x");
  fs::create_directory(guest.dir.path() / "root/dir");
  const uint32_t narrow =
      guest.must_open(".", {.base = kDirectoryRights, .inheriting = kFdRead | kFdFilestatGet});
  WasiEnv& env = *guest.env;
  const uint32_t file = guest.put("file");
  const uint32_t other = guest.put("new");
  EXPECT_EQ(preview1::path_link(env, narrow, 0, file, 4, 3, other, 3), Errno::kNotCapable);
  EXPECT_EQ(preview1::path_rename(env, narrow, file, 4, 3, other, 3), Errno::kNotCapable);
  EXPECT_EQ(preview1::path_link(env, 3, 0, file, 4, narrow, other, 3), Errno::kSuccess);
}

class ReadOnlyTest : public testing::TestWithParam<Beneath::Mode> {};

TEST_P(ReadOnlyTest, NothingChanges) {
  Guest guest(GetParam(), true);
  guest.dir.write("root/file", "content");
  fs::create_directory(guest.dir.path() / "root/dir");
  fs::create_symlink("file", guest.dir.path() / "root/link");
  WasiEnv& env = *guest.env;

  EXPECT_EQ(guest.open("file", {.base = Guest::kReadWrite}), Errno::kRoFs);
  EXPECT_EQ(guest.open("file", {.base = kFdFilestatSetSize}), Errno::kRoFs);
  EXPECT_EQ(guest.open("file", {.oflags = kOflagTrunc, .base = Guest::kRead}), Errno::kRoFs);
  EXPECT_EQ(guest.open("new", {.oflags = kOflagCreat, .base = Guest::kRead}), Errno::kRoFs);
  EXPECT_EQ(guest.open("file", {.oflags = kOflagCreat | kOflagExcl, .base = Guest::kRead}),
            Errno::kExist);
  EXPECT_EQ(guest.open("none", {.base = Guest::kReadWrite}), Errno::kNoEnt);
  EXPECT_EQ(guest.open("../secret", {.base = Guest::kReadWrite}), Errno::kPerm);
  EXPECT_EQ(guest.create_directory("new"), Errno::kRoFs);
  EXPECT_EQ(guest.create_directory("dir"), Errno::kExist);
  EXPECT_EQ(guest.create_directory("dir/"), Errno::kExist);
  EXPECT_EQ(guest.symlink("x", "new"), Errno::kRoFs);
  EXPECT_EQ(guest.symlink("x", "link"), Errno::kExist);
  EXPECT_EQ(guest.unlink("file"), Errno::kRoFs);
  EXPECT_EQ(guest.remove_directory("dir"), Errno::kRoFs);
  EXPECT_EQ(guest.rename("file", "new"), Errno::kRoFs);
  EXPECT_EQ(guest.link("file", "new"), Errno::kRoFs);
  EXPECT_EQ(guest.set_times("file", 1, kSetMtim), Errno::kRoFs);

  const uint32_t file =
      guest.must_open("file", {.oflags = kOflagCreat, .base = kFileRights & ~kWriteRights});
  EXPECT_EQ(guest.read(file), "content");
  EXPECT_EQ(preview1::fd_filestat_set_times(env, file, 0, 1, kSetMtim), Errno::kRoFs);
  EXPECT_EQ(guest.write(file, "x"), Errno::kBadF);
  // What is opened beneath it is read-only too.
  const uint32_t dir =
      guest.must_open("dir", {.oflags = kOflagDirectory, .base = kDirectoryRights});
  EXPECT_EQ(guest.create_directory("new", dir), Errno::kRoFs);
  EXPECT_EQ(preview1::fd_filestat_set_times(env, dir, 0, 1, kSetMtim), Errno::kRoFs);
  EXPECT_EQ(guest.dir.read("root/file"), "content");
  EXPECT_EQ(std::distance(fs::directory_iterator(guest.dir.path() / "root"), {}), 3);
}

INSTANTIATE_TEST_SUITE_P(Modes, ReadOnlyTest,
                         testing::Values(Beneath::Mode::kOpenat2, Beneath::Mode::kWalk));

}  // namespace
}  // namespace wasmedge::wasi
