#include "runtime/compile/program/confine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/fd.h"

namespace wasmedge::compile {
namespace {

constexpr std::array<int, 0> kNoFiles{};

Bounds small() {
  return {.memory_bytes = uint64_t{512} << 20,
          .cpu_seconds = 10,
          .wall_seconds = 60,
          .output_bytes = uint64_t{1} << 20};
}

// The error that `work` ends with, or "(success)".
Error error_of(const std::function<Result<>()>& work, const Bounds& bounds = small(),
               std::span<const int> keep = kNoFiles) {
  const auto done = run_confined(bounds, keep, "compiling x.wasm", work);
  return done ? Error{ErrorCode::kInternal, "(success)"} : done.error();
}

TEST(Confine, WorkThatSucceeds) {
  EXPECT_TRUE(run_confined(small(), kNoFiles, "compiling", []() -> Result<> { return {}; }));
}

TEST(Confine, PassesTheErrorOn) {
  const Error error =
      error_of([]() -> Result<> { return fail(ErrorCode::kUnimplemented, "no {}", 7); });
  EXPECT_EQ(error.code, ErrorCode::kUnimplemented);
  EXPECT_EQ(error.message, "no 7");
}

// Text from the child is the module's as much as the compiler's.
TEST(Confine, TakesControlBytesOutOfTheText) {
  const Error error =
      error_of([]() -> Result<> { return fail(ErrorCode::kInternal, "a\x1b[31m\rb\nc"); });
  EXPECT_EQ(error.message, "a?[31m?b\nc");
}

TEST(Confine, CutsEndlessText) {
  const Error error = error_of(
      []() -> Result<> { return fail(ErrorCode::kInternal, "{}", std::string(1 << 20, 'x')); });
  EXPECT_EQ(error.message.size(), 16u << 10);
}

TEST(Confine, KeepsTheFilesItIsGiven) {
  const Fd kept(::memfd_create("kept", MFD_CLOEXEC));
  const std::array<int, 1> keep = {kept.get()};
  EXPECT_TRUE(run_confined(small(), keep, "compiling",
                           [&] { return write_all(kept.get(), "result", "kept"); }));
  ::lseek(kept.get(), 0, SEEK_SET);
  EXPECT_EQ(read_all(kept.get(), 100, "kept").value(), "result");
}

TEST(Confine, ClosesAllOthers) {
  const Fd other(::memfd_create("other", MFD_CLOEXEC));
  const Fd kept(::memfd_create("kept", MFD_CLOEXEC));
  const Fd third(::memfd_create("third", MFD_CLOEXEC));
  const std::array<int, 1> keep = {kept.get()};
  const Error error = error_of(
      [&]() -> Result<> {
        std::string open;
        for (int fd = 0; fd < 1000; ++fd) {
          char byte = 0;
          if (::write(fd, &byte, 0) == 0 || errno != EBADF) open += fmt::format(" {}", fd);
        }
        return fail(ErrorCode::kInternal, "open:{}", open);
      },
      small(), keep);
  EXPECT_EQ(error.message, fmt::format("open: 2 {}", kept.get()));
}

TEST(Confine, HasThreads) {
  EXPECT_TRUE(run_confined(small(), kNoFiles, "compiling", []() -> Result<> {
    int sum = 0;
    std::thread([&] { sum = 42; }).join();
    if (sum == 42) return {};
    return fail(ErrorCode::kInternal, "no thread ran");
  }));
}

TEST(Confine, NamesTheMemoryLimit) {
  if (!confined_fully()) GTEST_SKIP() << "a sanitizer's runtime needs more memory than any limit";
  const Error error = error_of([]() -> Result<> {
    std::vector<std::vector<char>> hog;
    for (;;) hog.emplace_back(1 << 20, 'x');
  });
  EXPECT_EQ(error.code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(error.message, "compiling x.wasm exceeded the limit of 512 MiB memory");
}

TEST(Confine, NamesTheLimitOfCpuTime) {
  Bounds bounds = small();
  bounds.cpu_seconds = 1;
  const Error error = error_of(
      []() -> Result<> {
        for (;;) __asm__ volatile("");
      },
      bounds);
  EXPECT_EQ(error.code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(error.message, "compiling x.wasm exceeded the limit of 1 s of CPU time");
}

[[noreturn]] void sleep_for_ever() {
  for (;;) std::this_thread::sleep_for(std::chrono::seconds(1000));
}

TEST(Confine, NamesTheLimitOfTime) {
  Bounds bounds = small();
  bounds.wall_seconds = 1;
  const Error error = error_of([]() -> Result<> { sleep_for_ever(); }, bounds);
  EXPECT_EQ(error.code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(error.message, "compiling x.wasm exceeded the limit of 1 s");
}

TEST(Confine, NamesTheLimitOfTheResult) {
  const Fd kept(::memfd_create("kept", MFD_CLOEXEC));
  const std::array<int, 1> keep = {kept.get()};
  const Error error = error_of(
      [&] { return write_all(kept.get(), std::string(2 << 20, 'x'), "kept"); }, small(), keep);
  EXPECT_EQ(error.code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(error.message, "compiling x.wasm exceeded the limit of 1 MiB for its result");
}

TEST(Confine, KilledFromOutsideIsMostLikelyMemory) {
  const Error error = error_of([]() -> Result<> {
    ::raise(SIGKILL);
    return {};
  });
  EXPECT_EQ(error.code, ErrorCode::kResourceExhausted);
  EXPECT_NE(error.message.find("ran out of memory"), std::string::npos) << error.message;
}

TEST(Confine, CrashTellsWhatWasSaidLast) {
  const Error error = error_of([]() -> Result<> {
    EXPECT_TRUE(write_all(STDERR_FILENO, "assertion failed\n", "stderr"));
    ::signal(SIGABRT, SIG_DFL);
    ::abort();
  });
  EXPECT_EQ(error.code, ErrorCode::kInternal);
  EXPECT_EQ(error.message,
            "compiling x.wasm crashed the compiler (signal 6, Aborted): please report it with the "
            "module. It said: assertion failed");
}

TEST(Confine, DiesWithItsParent) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  const pid_t supervisor = ::fork();
  if (supervisor == 0) {
    const std::array<int, 1> keep = {writer.get()};
    static_cast<void>(run_confined(small(), keep, "compiling", [&]() -> Result<> {
      TRY(write_all(writer.get(), "!", "pipe"));
      sleep_for_ever();
    }));
    ::_exit(0);
  }
  writer.reset();
  char byte = 0;
  ASSERT_EQ(::read(reader.get(), &byte, 1), 1);
  ASSERT_EQ(::kill(supervisor, SIGKILL), 0);
  ASSERT_EQ(::waitpid(supervisor, nullptr, 0), supervisor);
  pollfd end{reader.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&end, 1, 10'000), 1) << "the confined child outlived its supervisor";
  EXPECT_EQ(::read(reader.get(), &byte, 1), 0);
}

}  // namespace
}  // namespace wasmedge::compile
