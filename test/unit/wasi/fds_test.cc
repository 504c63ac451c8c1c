#include "runtime/wasi/fds.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <thread>

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
  // Not to a number that is closed, was never open, or cannot be.
  for (const uint32_t closed : {one, two + 1, 100U, 0xffffffffU}) {
    EXPECT_EQ(preview1::fd_renumber(env, two, closed), Errno::kBadF) << closed;
  }
  EXPECT_EQ(guest.read(two, 0), "");  // still there
  EXPECT_EQ(guest.must_open("two", {.base = Guest::kRead}), one);
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

/// Another thread of `guest`, with memory of its own.
struct Thread {
  explicit Thread(const Guest& guest) : env(WasiEnv::make(guest.env->guest)), memory(65536) {
    env->memory.bind(memory.view());
  }
  std::string read(uint32_t fd) const {
    EXPECT_EQ(env->memory.store(0, Iovec{64, 64}), Errno::kSuccess);
    const Errno error = preview1::fd_read(*env, fd, 0, 1, 16);
    if (error != Errno::kSuccess) return "errno " + std::to_string(static_cast<int>(error));
    uint32_t size = 0;
    EXPECT_EQ(env->memory.load(16, size), Errno::kSuccess);
    return {reinterpret_cast<const char*>(env->memory.range(64, size)), size};
  }
  std::unique_ptr<WasiEnv> env;
  FakeMemory memory;
};

// Whoever is in a call goes on with the file it began with, though its numbers, the guest's and the
// host's, are given away meanwhile.
TEST(Fds, ClosedByAnotherThreadInTheMiddleOfACall) {
  Guest guest;
  guest.dir.write("root/other", "other");
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const Fd writer(ends[1]);
  std::unique_ptr<Descriptor> pipe;
  ASSERT_EQ(Descriptor::opened(Fd(ends[0]), kFdRead, 0, false, pipe), Errno::kSuccess);
  const uint32_t fd = guest.env->fds.add(std::move(pipe));

  const Thread other(guest);
  const DescriptorRef in_use = guest.env->fds.get(fd);
  std::string got;
  std::thread reader([&] { got = other.read(fd); });
  while (in_use.use_count() < 3) std::this_thread::yield();  // the table, us, and the reader
  EXPECT_EQ(preview1::fd_close(*guest.env, fd), Errno::kSuccess);
  EXPECT_EQ(guest.must_open("other", {.base = Guest::kRead}), fd);
  EXPECT_EQ(::write(writer.get(), "pipe", 4), 4);
  reader.join();
  EXPECT_EQ(got, "pipe");
  EXPECT_EQ(other.read(fd), "other");
}

// Threads open, read, renumber and close the same few numbers. A file read has its own content; and
// when all is closed, nothing is left open.
TEST(Fds, ThreadsAtOnce) {
  const auto count_open = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  Guest guest;
  for (const char* name : {"root/a", "root/b"}) guest.dir.write(name, name + 5);
  const auto before = count_open();
  std::array<std::thread, 4> threads;
  for (std::thread& each : threads) {
    each = std::thread([&guest] {
      const Thread self(guest);
      for (int i = 0; i < 500; ++i) {
        self.env->memory.store(32, i % 2 == 0 ? 'a' : 'b');
        const Errno opened =
            preview1::path_open(*self.env, Guest::kRoot, 0, 32, 1, 0, Guest::kRead, 0, 0, 128);
        EXPECT_EQ(opened, Errno::kSuccess);
        for (uint32_t fd = 4; fd < 9; ++fd) {
          const std::string got = self.read(fd);
          EXPECT_TRUE(got == "a" || got == "b" || got.empty() || got == "errno 8") << got;
        }
        const uint32_t fd = 4 + static_cast<uint32_t>(i) % 5;
        preview1::fd_renumber(*self.env, fd, fd + 1);
        preview1::fd_fdstat_set_rights(*self.env, fd + 1, kFdRead, 0);
        preview1::fd_close(*self.env, fd + 1);
      }
    });
  }
  for (std::thread& each : threads) each.join();
  for (uint32_t fd = 4; fd < 4096; ++fd) preview1::fd_close(*guest.env, fd);
  EXPECT_EQ(count_open(), before);
}

// What one thread has given up, another that narrows at the same time does not bring back.
TEST(Fds, RightsOnlyShrinkWhoeverNarrowsThem) {
  Guest guest;
  guest.dir.write("root/file", "x");
  for (int i = 0; i < 200; ++i) {
    const uint32_t fd = guest.must_open("file", {.base = kFdRead | kFdSeek | kFdTell});
    const DescriptorRef file = guest.env->fds.get(fd);
    std::thread one([&] { file->narrow(kFdRead | kFdSeek, 0); });
    std::thread two([&] { file->narrow(kFdRead | kFdTell, 0); });
    one.join();
    two.join();
    EXPECT_TRUE(!file->may(kFdSeek | kFdTell)) << file->base();
    EXPECT_TRUE(file->may(kFdRead));
    EXPECT_EQ(preview1::fd_close(*guest.env, fd), Errno::kSuccess);
  }
}

}  // namespace
}  // namespace wasmedge::wasi
