#include "runtime/base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>
#include <thread>

namespace wasmedge {
namespace {

Fd memory_file(std::string_view content) {
  Fd fd(::memfd_create("fd_test", MFD_CLOEXEC));
  EXPECT_TRUE(write_all(fd.get(), content, "memory file"));
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(Fd, ClosesWhatItOwns) {
  int number = -1;
  {
    const Fd fd = memory_file("");
    number = fd.get();
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, MovesOwnership) {
  Fd first = memory_file("");
  const int number = first.get();
  Fd second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that it is empty is what Fd promises
  EXPECT_EQ(second.get(), number);
  second = memory_file("");
  EXPECT_NE(second.release(), -1);
  EXPECT_FALSE(second);
}

TEST(OpenFile, NamesThePathAndTheReason) {
  const auto fd = open_file("/nonexistent/file", O_RDONLY);
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(fd.error().message, "open /nonexistent/file: No such file or directory");
}

TEST(OpenFile, ClosesOnExec) {
  const auto fd = open_file("/proc/self/status", O_RDONLY);
  ASSERT_TRUE(fd);
  EXPECT_TRUE(::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC);
}

TEST(ReadAll, ReadsFilesOfEverySizeAroundItsChunk) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4095}, size_t{4096}, size_t{100'000}}) {
    const std::string content(size, 'x');
    const Fd fd = memory_file(content);
    const auto data = read_all(fd.get(), size, "file");
    ASSERT_TRUE(data) << data.error().message;
    EXPECT_EQ(*data, content);
  }
}

TEST(ReadAll, RefusesOneByteOverTheLimit) {
  const Fd fd = memory_file("12345");
  const auto data = read_all(fd.get(), 4, "config.json");
  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(data.error().message, "config.json is larger than 4 bytes");
}

TEST(ReadAll, ReadsKernelFilesThatReportNoSize) {
  const auto data = read_file("/proc/self/stat", 1 << 16);
  ASSERT_TRUE(data);
  EXPECT_FALSE(data->empty());
}

TEST(ReadAll, ReadsAPipeToItsEnd) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Fd reader(ends[0]);
  const std::string content(300'000, 'p');
  std::thread writer([&] {
    const Fd end(ends[1]);
    EXPECT_TRUE(write_all(end.get(), content, "pipe"));
  });
  const auto data = read_all(reader.get(), 1 << 20, "pipe");
  writer.join();
  ASSERT_TRUE(data);
  EXPECT_EQ(*data, content);
}

TEST(MappedFile, ShowsTheFileAndAcceptsAnEmptyOne) {
  const Fd fd = memory_file("bytes");
  const auto file = MappedFile::map(fd.get(), "file");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->bytes().size(), 5U);
  EXPECT_EQ(file->bytes()[0], std::byte{'b'});
  const auto empty = MappedFile::map(memory_file("").get(), "empty");
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->bytes().empty());
}

TEST(MappedFile, RefusesWhatIsNoRegularFile) {
  const auto fd = open_file("/dev/null", O_RDONLY);
  const auto file = MappedFile::map(fd->get(), "/dev/null");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message, "/dev/null is not a regular file");
}

TEST(WriteFile, NamesValueAndFile) {
  const auto written = write_file("/proc/self/oom_score_adj", "nonsense");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message,
            "write \"nonsense\" to /proc/self/oom_score_adj: Invalid argument");
}

}  // namespace
}  // namespace wasmedge
