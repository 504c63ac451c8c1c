#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "test/unit/wasi/guest.h"

namespace wasmedge::wasi {
namespace {

uint64_t seek(Guest& guest, uint32_t fd, int64_t offset, uint32_t whence) {
  EXPECT_EQ(preview1::fd_seek(*guest.env, fd, static_cast<uint64_t>(offset), whence, Guest::kOut),
            Errno::kSuccess);
  return guest.get<uint64_t>(Guest::kOut);
}

Errno pwrite(Guest& guest, uint32_t fd, std::string_view text, uint64_t offset) {
  guest.set(Guest::kOut + 16, Iovec{guest.put(text), static_cast<uint32_t>(text.size())});
  return preview1::fd_pwrite(*guest.env, fd, Guest::kOut + 16, 1, offset, Guest::kOut);
}

TEST(Io, ReadsWritesAndSeeks) {
  Guest guest;
  const uint32_t fd = guest.must_open("file", {.oflags = kOflagCreat, .base = kFileRights});
  EXPECT_EQ(guest.write(fd, "hello world"), Errno::kSuccess);
  EXPECT_EQ(guest.get<uint32_t>(Guest::kOut), 11U);
  EXPECT_EQ(seek(guest, fd, 0, 0), 0U);
  EXPECT_EQ(guest.read(fd, 5), "hello");
  EXPECT_EQ(seek(guest, fd, 1, 1), 6U);
  EXPECT_EQ(guest.read(fd), "world");
  EXPECT_EQ(guest.read(fd), "");
  EXPECT_EQ(seek(guest, fd, -5, 2), 6U);
  EXPECT_EQ(preview1::fd_tell(*guest.env, fd, Guest::kOut), Errno::kSuccess);
  EXPECT_EQ(guest.get<uint64_t>(Guest::kOut), 6U);
  EXPECT_EQ(preview1::fd_seek(*guest.env, fd, 0, 3, Guest::kOut), Errno::kInval);
  EXPECT_EQ(preview1::fd_seek(*guest.env, fd, ~uint64_t{0}, 0, Guest::kOut), Errno::kInval);
  // The older module counts the same three differently: current, end, set.
  EXPECT_EQ(unstable::fd_seek(*guest.env, fd, 0, 1, Guest::kOut), Errno::kSuccess);
  EXPECT_EQ(guest.get<uint64_t>(Guest::kOut), 11U);
  EXPECT_EQ(unstable::fd_seek(*guest.env, fd, 2, 2, Guest::kOut), Errno::kSuccess);
  EXPECT_EQ(guest.get<uint64_t>(Guest::kOut), 2U);
  EXPECT_EQ(unstable::fd_seek(*guest.env, fd, 2, 0, Guest::kOut), Errno::kSuccess);
  EXPECT_EQ(guest.get<uint64_t>(Guest::kOut), 4U);
  EXPECT_EQ(unstable::fd_seek(*guest.env, fd, 2, 3, Guest::kOut), Errno::kInval);
}

TEST(Io, PositionedCallsLeaveThePositionAlone) {
  Guest guest;
  guest.dir.write("root/file", "0123456789");
  const uint32_t fd = guest.must_open("file", {.base = kFileRights});
  const uint32_t buffer = guest.put("....");
  guest.set(Guest::kOut + 16, Iovec{buffer, 4});
  EXPECT_EQ(preview1::fd_pread(*guest.env, fd, Guest::kOut + 16, 1, 8, Guest::kOut),
            Errno::kSuccess);
  EXPECT_EQ(guest.get<uint32_t>(Guest::kOut), 2U);
  EXPECT_EQ(guest.text(buffer, 4), "89..");
  EXPECT_EQ(pwrite(guest, fd, "XY", 3), Errno::kSuccess);
  EXPECT_EQ(seek(guest, fd, 0, 1), 0U);
  EXPECT_EQ(guest.dir.read("root/file"), "012XY56789");
  EXPECT_EQ(preview1::fd_pread(*guest.env, fd, Guest::kOut + 16, 1, ~uint64_t{0}, Guest::kOut),
            Errno::kInval);
}

TEST(Io, AppendMeansWriteAndNotPwrite) {
  for (const bool has_noappend : {true, false}) {
    Guest guest;
    guest.env->has_noappend = has_noappend;
    const uint32_t fd = guest.must_open(
        "file", {.oflags = kOflagCreat, .base = kFileRights, .fdflags = kFdflagAppend});
    EXPECT_EQ(guest.write(fd, "abcd"), Errno::kSuccess);
    EXPECT_EQ(seek(guest, fd, 0, 0), 0U);
    EXPECT_EQ(guest.write(fd, "efgh"), Errno::kSuccess);
    EXPECT_EQ(pwrite(guest, fd, "XX", 1), Errno::kSuccess);
    EXPECT_EQ(guest.write(fd, "!"), Errno::kSuccess);
    EXPECT_EQ(guest.dir.read("root/file"), "aXXdefgh!") << has_noappend;
  }
}

TEST(Io, BuffersAreGatheredAndBounded) {
  Guest guest;
  const uint32_t fd = guest.must_open("file", {.oflags = kOflagCreat, .base = kFileRights});
  const uint32_t list = 0x80000;
  const uint32_t text = guest.put("ab");
  // More than the kernel takes at once, every second one empty and at no valid address.
  for (uint32_t i = 0; i < 5000; ++i) {
    guest.set(list + i * 8, i % 2 == 0 ? Iovec{text, 2} : Iovec{0xffffffff, 0});
  }
  EXPECT_EQ(preview1::fd_write(*guest.env, fd, list, 5000, Guest::kOut), Errno::kSuccess);
  EXPECT_EQ(guest.get<uint32_t>(Guest::kOut), 2U * IOV_MAX);
  // Only empty ones: nothing is written, and no error made up.
  for (uint32_t i = 0; i < 3000; ++i) guest.set(list + i * 8, Iovec{0, 0});
  EXPECT_EQ(preview1::fd_write(*guest.env, fd, list, 3000, Guest::kOut), Errno::kSuccess);
  EXPECT_EQ(guest.get<uint32_t>(Guest::kOut), 0U);
  EXPECT_EQ(preview1::fd_write(*guest.env, fd, list, 0, Guest::kOut), Errno::kSuccess);

  guest.set(list, Iovec{text, 2});
  for (const Iovec bad : {Iovec{0xffffffff, 2}, Iovec{0, 0xffffffff},
                          Iovec{Guest::kMemoryBytes - 1, 2}, Iovec{Guest::kMemoryBytes, 1}}) {
    guest.set(list + 8, bad);
    EXPECT_EQ(preview1::fd_write(*guest.env, fd, list, 2, Guest::kOut), Errno::kFault);
    EXPECT_EQ(preview1::fd_read(*guest.env, fd, list, 2, Guest::kOut), Errno::kFault);
  }
  EXPECT_EQ(preview1::fd_write(*guest.env, fd, list, 0xffffffff, Guest::kOut), Errno::kFault);
  EXPECT_EQ(preview1::fd_write(*guest.env, fd, Guest::kMemoryBytes - 8, 2, Guest::kOut),
            Errno::kFault);
  // Where the size cannot be stored, nothing is written either.
  const uint64_t before = std::filesystem::file_size(guest.dir.path() / "root/file");
  EXPECT_EQ(preview1::fd_write(*guest.env, fd, list, 1, Guest::kMemoryBytes - 3), Errno::kFault);
  EXPECT_EQ(std::filesystem::file_size(guest.dir.path() / "root/file"), before);
}

TEST(Io, DirectoriesAreNoFiles) {
  Guest guest;
  WasiEnv& env = *guest.env;
  const uint32_t fd = Guest::kRoot;
  EXPECT_EQ(preview1::fd_read(env, fd, 0, 0, 0x100), Errno::kBadF);
  EXPECT_EQ(preview1::fd_write(env, fd, 0, 0, 0x100), Errno::kBadF);
  EXPECT_EQ(preview1::fd_pread(env, fd, 0, 0, 0, 0x100), Errno::kBadF);
  EXPECT_EQ(preview1::fd_pwrite(env, fd, 0, 0, 0, 0x100), Errno::kBadF);
  EXPECT_EQ(preview1::fd_seek(env, fd, 0, 0, 0x100), Errno::kBadF);
  EXPECT_EQ(preview1::fd_tell(env, fd, 0x100), Errno::kBadF);
  EXPECT_EQ(preview1::fd_allocate(env, fd, 0, 1), Errno::kBadF);
  EXPECT_EQ(preview1::fd_filestat_set_size(env, fd, 0), Errno::kBadF);
  EXPECT_EQ(preview1::fd_advise(env, fd, 0, 0, 0), Errno::kBadF);
  EXPECT_EQ(preview1::fd_fdstat_set_flags(env, fd, kFdflagNonblock), Errno::kBadF);
  EXPECT_EQ(preview1::fd_sync(env, fd), Errno::kSuccess);
  EXPECT_EQ(preview1::fd_datasync(env, fd), Errno::kSuccess);
}

TEST(Io, AllocatesAdvisesAndTruncates) {
  Guest guest;
  WasiEnv& env = *guest.env;
  const uint32_t fd = guest.must_open("file", {.oflags = kOflagCreat, .base = kFileRights});
  const auto size = [&] {
    EXPECT_EQ(preview1::fd_filestat_get(env, fd, Guest::kOut), Errno::kSuccess);
    return guest.get<Filestat>(Guest::kOut).size;
  };
  EXPECT_EQ(preview1::fd_allocate(env, fd, 0, 100), Errno::kSuccess);
  EXPECT_EQ(size(), 100U);
  EXPECT_EQ(preview1::fd_allocate(env, fd, 10, 10), Errno::kSuccess);
  EXPECT_EQ(size(), 100U);
  EXPECT_EQ(preview1::fd_allocate(env, fd, 90, 20), Errno::kSuccess);
  EXPECT_EQ(size(), 110U);
  EXPECT_EQ(preview1::fd_allocate(env, fd, 0, 0), Errno::kInval);
  EXPECT_EQ(preview1::fd_allocate(env, fd, ~uint64_t{0}, 1), Errno::kFBig);
  EXPECT_NE(preview1::fd_allocate(env, fd, INT64_MAX, 1), Errno::kSuccess);
  EXPECT_EQ(preview1::fd_filestat_set_size(env, fd, 5), Errno::kSuccess);
  EXPECT_EQ(size(), 5U);
  EXPECT_EQ(preview1::fd_filestat_set_size(env, fd, ~uint64_t{0}), Errno::kFBig);
  for (uint32_t advice = 0; advice < 6; ++advice) {
    EXPECT_EQ(preview1::fd_advise(env, fd, 0, 5, advice), Errno::kSuccess);
  }
  EXPECT_EQ(preview1::fd_advise(env, fd, 0, 5, 6), Errno::kInval);
  EXPECT_EQ(preview1::fd_advise(env, fd, ~uint64_t{0}, 5, 0), Errno::kInval);
}

TEST(Io, FlagsAreKeptAndChanged) {
  Guest guest;
  WasiEnv& env = *guest.env;
  const uint32_t fd = guest.must_open(
      "file", {.oflags = kOflagCreat, .base = kFileRights, .fdflags = kFdflagAppend | kFdflagSync});
  const auto flags = [&] {
    EXPECT_EQ(preview1::fd_fdstat_get(env, fd, Guest::kOut), Errno::kSuccess);
    return guest.get<Fdstat>(Guest::kOut).flags;
  };
  constexpr uint32_t kSynced = kFdflagSync | kFdflagRsync | kFdflagDsync;
  EXPECT_EQ(flags(), kFdflagAppend | kSynced);
  EXPECT_EQ(preview1::fd_fdstat_set_flags(env, fd, kSynced | kFdflagNonblock), Errno::kSuccess);
  EXPECT_EQ(flags(), kFdflagNonblock | kSynced);
  EXPECT_EQ(preview1::fd_fdstat_set_flags(env, fd, 0), Errno::kSuccess);
  EXPECT_EQ(preview1::fd_fdstat_set_flags(env, fd, 32), Errno::kInval);
  EXPECT_EQ(guest.open("file", {.fdflags = 32}), Errno::kInval);
  EXPECT_EQ(guest.open("file", {.oflags = 16}), Errno::kInval);
  EXPECT_EQ(guest.open("file", {.lookup = 2}), Errno::kInval);
  EXPECT_EQ(guest.open("new", {.oflags = kOflagCreat | kOflagDirectory}), Errno::kInval);
}

// Stdio stays the host's: closing it in the guest closes nothing.
TEST(Stdio, IsBorrowed) {
  int pipe_fds[2];
  ASSERT_EQ(::pipe2(pipe_fds, O_CLOEXEC), 0);
  const Fd reader(pipe_fds[0]);
  const Fd writer(pipe_fds[1]);
  {
    WasiConfig config;
    config.stdio = {reader.get(), writer.get(), -1};
    auto env = std::move(WasiEnv::make(std::move(config)).value());
    FakeMemory memory(65536);
    env->memory.bind(memory.view());
    EXPECT_EQ(preview1::fd_fdstat_get(*env, 2, 0), Errno::kBadF);
    EXPECT_EQ(preview1::fd_read(*env, 1, 0, 0, 0), Errno::kBadF);
    EXPECT_EQ(preview1::fd_write(*env, 0, 0, 0, 0), Errno::kBadF);
    EXPECT_EQ(preview1::fd_seek(*env, 0, 0, 0, 0), Errno::kSPipe);
    EXPECT_EQ(preview1::fd_tell(*env, 0, 0), Errno::kSPipe);
    EXPECT_EQ(preview1::fd_advise(*env, 0, 0, 0, 0), Errno::kSPipe);
    EXPECT_EQ(preview1::fd_prestat_get(*env, 0, 0), Errno::kBadF);
    EXPECT_EQ(preview1::fd_close(*env, 0), Errno::kSuccess);
    EXPECT_EQ(preview1::fd_close(*env, 0), Errno::kBadF);
  }
  EXPECT_GE(::fcntl(reader.get(), F_GETFL), 0);
  EXPECT_GE(::fcntl(writer.get(), F_GETFL), 0);
}

TEST(Stdio, ATerminalLooksLikeOne) {
  const Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!master || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0) {
    GTEST_SKIP() << "no pseudo-terminal to be had here (is /dev/pts mounted?)";
  }
  const Fd terminal(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(terminal);
  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  WasiConfig config;
  config.stdio = {terminal.get(), null.get(), -1};
  auto env = std::move(WasiEnv::make(std::move(config)).value());
  FakeMemory memory(65536);
  env->memory.bind(memory.view());
  Fdstat stat{};
  EXPECT_EQ(preview1::fd_fdstat_get(*env, 0, 0), Errno::kSuccess);
  EXPECT_EQ(env->memory.load(0, stat), Errno::kSuccess);
  EXPECT_EQ(stat.type, FileType::kCharacterDevice);
  EXPECT_EQ(stat.rights_base & (kFdSeek | kFdTell), 0U);
  EXPECT_EQ(preview1::fd_tell(*env, 0, 0), Errno::kSPipe);
  EXPECT_EQ(preview1::fd_fdstat_get(*env, 1, 0), Errno::kSuccess);
  EXPECT_EQ(env->memory.load(0, stat), Errno::kSuccess);
  EXPECT_NE(stat.rights_base & kFdSeek, 0U);
}

TEST(Sockets, AStdioStreamIsToReadAndWrite) {
  Guest guest;
  WasiEnv& env = *guest.env;
  EXPECT_EQ(preview1::sock_shutdown(env, 99, 1), Errno::kBadF);
  EXPECT_EQ(preview1::sock_shutdown(env, Guest::kRoot, 1), Errno::kNotSock);
  EXPECT_EQ(preview1::sock_accept(env, Guest::kRoot, 0, 0x100), Errno::kNotSock);
  EXPECT_EQ(preview1::sock_recv(env, Guest::kRoot, 0, 0, 0, 0, 0), Errno::kNotSock);
  EXPECT_EQ(preview1::sock_send(env, Guest::kRoot, 0, 0, 0, 0), Errno::kNotSock);
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  const Fd one(pair[0]);
  const Fd two(pair[1]);
  env.fds.set_stdio(0, Descriptor::borrowed(one.get()));
  EXPECT_EQ(env.fds.get(0)->type(), FileType::kSocketStream);
  EXPECT_EQ(preview1::sock_shutdown(env, 0, 1), Errno::kNotCapable);
  EXPECT_EQ(preview1::sock_accept(env, 0, 0x100), Errno::kNotCapable);
  EXPECT_EQ(preview1::sock_listen(env, 0, 1), Errno::kNotCapable);
  ASSERT_EQ(::write(two.get(), "hi", 2), 2);
  EXPECT_EQ(guest.read(0), "hi");
}

}  // namespace
}  // namespace wasmedge::wasi
