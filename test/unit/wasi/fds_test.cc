#include "runtime/wasi/fds.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "test/unit/wasi/guest.h"

namespace wasmedge::wasi {
namespace {

TEST(Fds, TakeTheLowestFreeNumberFromThree) {
  Guest guest;
  WasiEnv& env = *guest.env;
  guest.dir.write("root/file", "x");
  EXPECT_EQ(guest.must_open("file", {.base = Guest::kRead}), 4U);
  EXPECT_EQ(guest.must_open("file", {.base = Guest::kRead}), 5U);
  EXPECT_EQ(guest.must_open("file", {.base = Guest::kRead}), 6U);
  EXPECT_EQ(preview1::fd_close(env, 5), Errno::kSuccess);
  EXPECT_EQ(preview1::fd_close(env, 4), Errno::kSuccess);
  EXPECT_EQ(preview1::fd_close(env, 1), Errno::kSuccess);
  EXPECT_EQ(guest.must_open("file", {.base = Guest::kRead}), 4U);
  EXPECT_EQ(guest.must_open("file", {.base = Guest::kRead}), 5U);
  EXPECT_EQ(guest.must_open("file", {.base = Guest::kRead}), 7U);
  for (const uint32_t fd : {1U, 8U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    EXPECT_EQ(preview1::fd_close(env, fd), Errno::kBadF) << fd;
  }
}

TEST(Fds, Renumber) {
  Guest guest;
  WasiEnv& env = *guest.env;
  guest.dir.write("root/one", "1");
  guest.dir.write("root/two", "2");
  const uint32_t one = guest.must_open("one", {.base = Guest::kRead});
  const uint32_t two = guest.must_open("two", {.base = Guest::kRead});
  EXPECT_EQ(preview1::fd_renumber(env, one, two), Errno::kSuccess);
  EXPECT_EQ(guest.read(two), "1");
  EXPECT_EQ(preview1::fd_close(env, one), Errno::kBadF);
  EXPECT_EQ(preview1::fd_renumber(env, two, two), Errno::kSuccess);
  EXPECT_EQ(preview1::fd_renumber(env, one, one), Errno::kBadF);
  EXPECT_EQ(preview1::fd_renumber(env, one, two), Errno::kBadF);
  EXPECT_EQ(preview1::fd_renumber(env, two, 0xffffffff), Errno::kBadF);
  // To a number that is closed, or was never open; but not to any.
  EXPECT_EQ(preview1::fd_renumber(env, two, 100), Errno::kSuccess);
  EXPECT_EQ(guest.must_open("one", {.base = Guest::kRead}), one);
  EXPECT_EQ(guest.must_open("two", {.base = Guest::kRead}), two);
  EXPECT_EQ(preview1::fd_renumber(env, two, one), Errno::kSuccess);
  EXPECT_EQ(preview1::fd_renumber(env, 100, 65536), Errno::kBadF);
  EXPECT_EQ(preview1::fd_close(env, 100), Errno::kSuccess);
  EXPECT_EQ(preview1::fd_close(env, 99), Errno::kBadF);
  // Over stdout, and over the preopen.
  EXPECT_EQ(preview1::fd_renumber(env, one, 1), Errno::kSuccess);
  EXPECT_EQ(guest.read(1), "2");
  EXPECT_EQ(preview1::fd_renumber(env, 1, Guest::kRoot), Errno::kSuccess);
  EXPECT_EQ(guest.open("one", {}), Errno::kNotDir);
  EXPECT_EQ(preview1::fd_prestat_get(env, Guest::kRoot, 0x100), Errno::kBadF);
}

TEST(Fds, Prestat) {
  Guest guest;
  WasiEnv& env = *guest.env;
  EXPECT_EQ(preview1::fd_prestat_get(env, Guest::kRoot, 0x100), Errno::kSuccess);
  EXPECT_EQ(guest.get<Prestat>(0x100).tag, 0U);
  EXPECT_EQ(guest.get<Prestat>(0x100).name_bytes, 1U);
  EXPECT_EQ(preview1::fd_prestat_dir_name(env, Guest::kRoot, 0x200, 1), Errno::kSuccess);
  EXPECT_EQ(guest.text(0x200, 1), "/");
  EXPECT_EQ(preview1::fd_prestat_dir_name(env, Guest::kRoot, 0x200, 9), Errno::kSuccess);
  EXPECT_EQ(preview1::fd_prestat_dir_name(env, Guest::kRoot, 0x200, 0), Errno::kNameTooLong);
  EXPECT_EQ(preview1::fd_prestat_dir_name(env, Guest::kRoot, Guest::kMemoryBytes, 1),
            Errno::kFault);
  EXPECT_EQ(preview1::fd_prestat_get(env, 4, 0x100), Errno::kBadF);
  // The same directory, opened by the guest, is no preopen.
  const uint32_t again = guest.must_open(".", {.base = kDirectoryRights});
  EXPECT_EQ(preview1::fd_prestat_get(env, again, 0x100), Errno::kBadF);
}

// Every fd the guest opens is one of the host's; at the host's limit it is told so.
TEST(Fds, TheHostsLimitIsTheGuests) {
  Guest guest;
  guest.dir.write("root/file", "x");
  std::vector<Fd> taken;
  for (;;) {
    Fd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!fd) break;
    taken.push_back(std::move(fd));
  }
  EXPECT_EQ(guest.open("file", {.base = Guest::kRead}), Errno::kMFile);
  EXPECT_EQ(guest.stat("file"), Errno::kMFile);
  taken.clear();
  EXPECT_EQ(guest.open("file", {.base = Guest::kRead}), Errno::kSuccess);
}

}  // namespace
}  // namespace wasmedge::wasi
