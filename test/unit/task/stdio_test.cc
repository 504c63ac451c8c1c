#include "shim/task/stdio.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "test/unit/temporary_directory.h"

namespace wasmedge::task {
namespace {

class StdioTest : public testing::Test {
 protected:
  std::string fifo(const std::string& name) {
    std::string path = directory_.at(name);
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    return path;
  }
  static std::string read_some(int fd) {
    std::string bytes(64, '\0');
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count < 0) return errno == EAGAIN ? "(nothing yet)" : "(error)";
    return bytes.substr(0, static_cast<size_t>(count));
  }
  test::TemporaryDirectory directory_;
};

TEST_F(StdioTest, NoPathIsNoDescriptor) {
  const auto stdio = Stdio::open({}, {});
  ASSERT_TRUE(stdio);
  EXPECT_EQ(stdio->in(), -1);
  EXPECT_EQ(stdio->out(), -1);
  EXPECT_EQ(stdio->err(), -1);
}

TEST_F(StdioTest, OutputOutlivesItsWriterAndEndsWithEof) {
  const std::string path = fifo("out");
  auto stdio = Stdio::open({.in = {}, .out = "fifo://" + path, .err = {}}, {});
  ASSERT_TRUE(stdio) << stdio.error().message;
  ASSERT_TRUE(write_all(stdio->out(), "last words", "stdout"));
  stdio->finish();
  // Nobody had opened the fifo for reading until now.
  const Fd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  EXPECT_EQ(read_some(reader.get()), "last words");
  EXPECT_EQ(read_some(reader.get()), "");
}

TEST_F(StdioTest, AReaderThatComesAndGoesIsNoEndForTheWriter) {
  const std::string path = fifo("out");
  const auto stdio = Stdio::open({.in = {}, .out = path, .err = {}}, {});
  ASSERT_TRUE(stdio);
  {
    const Fd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }
  EXPECT_TRUE(write_all(stdio->out(), "still here", "stdout"));  // no EPIPE, no SIGPIPE
}

TEST_F(StdioTest, StdinEndsWhenBothWritersHaveClosed) {
  const std::string path = fifo("in");
  auto stdio = Stdio::open({.in = path, .out = {}, .err = {}}, {});
  ASSERT_TRUE(stdio);
  const Fd container(::fcntl(stdio->in(), F_DUPFD_CLOEXEC, 0));
  ASSERT_EQ(::fcntl(container.get(), F_SETFL, O_NONBLOCK), 0);
  stdio->give_away();
  Fd writer(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(writer);
  ASSERT_TRUE(write_all(writer.get(), "line", "stdin"));
  EXPECT_EQ(read_some(container.get()), "line");
  writer.reset();
  EXPECT_EQ(read_some(container.get()), "(nothing yet)");  // a client that left may come back
  stdio->close_stdin();
  EXPECT_EQ(read_some(container.get()), "");
}

TEST_F(StdioTest, ContainerEndsBlock) {
  const auto stdio = Stdio::open({.in = fifo("in"), .out = fifo("out"), .err = fifo("err")}, {});
  ASSERT_TRUE(stdio);
  for (const int fd : {stdio->in(), stdio->out(), stdio->err()}) {
    EXPECT_EQ(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  }
  EXPECT_EQ(::fcntl(stdio->in(), F_GETFL) & O_ACCMODE, O_RDONLY);
  EXPECT_EQ(::fcntl(stdio->out(), F_GETFL) & O_ACCMODE, O_WRONLY);
}

TEST_F(StdioTest, OtherSchemesAndOtherFilesAreRefusedByName) {
  const auto pipe = Stdio::open({.in = {}, .out = "npipe:////./pipe/x", .err = {}}, {});
  ASSERT_FALSE(pipe);
  EXPECT_EQ(pipe.error().code, ErrorCode::kUnimplemented);
  EXPECT_NE(pipe.error().message.find("stdout: npipe:// is none of the schemes"),
            std::string::npos);
  const auto null = Stdio::open({.in = {}, .out = {}, .err = "/dev/null"}, {});
  ASSERT_FALSE(null);
  EXPECT_EQ(null.error().message, "stderr: /dev/null is not a fifo");
  const auto none = Stdio::open({.in = directory_.at("none"), .out = {}, .err = {}}, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace wasmedge::task
