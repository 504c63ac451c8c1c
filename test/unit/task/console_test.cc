#include "shim/task/console.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>
#include <string>
#include <thread>

#include "test/unit/temporary_directory.h"

namespace wasmedge::task {
namespace {
namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A terminal whose program is the test, and the fifos that containerd would hold the other ends
/// of.
class ConsoleTest : public testing::Test {
 protected:
  void SetUp() override {
    Fd master(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
    const int locked = 0;
    if (!master || ::ioctl(master.get(), TIOCSPTLCK, &locked) != 0) {
      GTEST_SKIP() << "no pseudo-terminal to be had here (is /dev/pts mounted?)";
    }
    reopen_terminal(master.get());
    in_ = fifo("in");
    out_ = fifo("out");
    const auto in = open_file(directory_.at("in"), O_RDONLY | O_NONBLOCK);
    const auto out = open_file(directory_.at("out"), O_WRONLY | O_NONBLOCK);
    auto opened =
        Console::open(io_, std::move(master), Fd(::dup(in->get())), Fd(::dup(out->get())));
    ASSERT_TRUE(opened) << opened.error().message;
    console_ = std::move(*opened);
  }
  /// The program's end.
  void reopen_terminal(int master) {
    terminal_.reset(::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_TRUE(terminal_);
  }
  /// Both ends in one, so that opening the other ends does not block.
  Fd fifo(const std::string& name) {
    EXPECT_EQ(::mkfifo(directory_.at(name).c_str(), 0600), 0);
    return Fd(::open(directory_.at(name).c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  }
  /// What comes out of a non-blocking descriptor, while the loop runs, up to `size` bytes.
  std::string take(int fd, size_t size) {
    std::string taken;
    for (int idle = 0; taken.size() < size && idle < 1000;) {
      io_.restart();
      io_.run_for(1ms);
      char bytes[4096];
      const ssize_t count = ::read(fd, bytes, std::min(sizeof bytes, size - taken.size()));
      if (count > 0) taken.append(bytes, static_cast<size_t>(count));
      idle = count > 0 ? 0 : idle + 1;
    }
    return taken;
  }
  /// Whether draining ends before the time is over; how long it took decides.
  bool drains_within(std::chrono::milliseconds limit) {
    bool done = false;
    const auto begin = std::chrono::steady_clock::now();
    const auto wait = [&]() -> asio::awaitable<void> {
      co_await console_->wait_until_drained(limit);
      done = true;
    };
    asio::co_spawn(io_, wait(), asio::detached);
    while (!done) {
      io_.restart();
      io_.run_for(5ms);
    }
    return std::chrono::steady_clock::now() - begin < limit;
  }

  test::TemporaryDirectory directory_;
  asio::io_context io_{1};
  Fd in_, out_, terminal_;
  std::optional<Console> console_;
};

TEST_F(ConsoleTest, CopiesBothWays) {
  ASSERT_TRUE(write_all(in_.get(), "typed\n", "in"));
  EXPECT_EQ(take(out_.get(), 7), "typed\r\n") << "the echo";
  char line[64];
  EXPECT_EQ(::read(terminal_.get(), line, sizeof line), 6);
  ASSERT_TRUE(write_all(terminal_.get(), "said\n", "terminal"));
  EXPECT_EQ(take(out_.get(), 6), "said\r\n");
}

TEST_F(ConsoleTest, ASlowReaderMakesTheProgramWaitAndLosesNothing) {
  std::string all;
  for (int i = 0; all.size() < (1 << 20); i++) all += std::to_string(i) + ' ';
  std::jthread program([this, &all] {
    EXPECT_TRUE(write_all(terminal_.get(), all, "terminal"));
    terminal_.reset();
  });
  io_.run_for(100ms);  // nobody reads: the fifo and the buffers fill
  EXPECT_TRUE(terminal_) << "the program waits";
  EXPECT_EQ(take(out_.get(), all.size()), all);
  program.join();
  console_->finish();
  EXPECT_TRUE(drains_within(5s));
}

TEST_F(ConsoleTest, AProgramMayCloseItsTerminalAndOpenItAgain) {
  std::array<char, 64> name{};
  ASSERT_EQ(::ttyname_r(terminal_.get(), name.data(), name.size()), 0);
  terminal_.reset();
  EXPECT_EQ(take(out_.get(), 1), "");
  terminal_.reset(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(terminal_);
  ASSERT_TRUE(write_all(terminal_.get(), "again", "terminal"));
  EXPECT_EQ(take(out_.get(), 5), "again");
}

TEST_F(ConsoleTest, ASizeReachesTheTerminalAndNonsenseDoesNot) {
  ASSERT_TRUE(console_->resize(120, 40));
  winsize size{};
  ASSERT_EQ(::ioctl(terminal_.get(), TIOCGWINSZ, &size), 0);
  EXPECT_EQ(size.ws_col, 120);
  EXPECT_EQ(size.ws_row, 40);
  const auto refused = console_->resize(65536, 40);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "a terminal of 65536 x 40 characters: 65535 is the most");
}

TEST_F(ConsoleTest, DrainingIsNotWaitedForForEver) {
  ASSERT_TRUE(write_all(terminal_.get(), "last words", "terminal"));
  console_->finish();
  EXPECT_FALSE(drains_within(50ms)) << "the program is still there";
  terminal_.reset();
  EXPECT_TRUE(drains_within(5s));
  EXPECT_EQ(take(out_.get(), 10), "last words");
}

}  // namespace
}  // namespace wasmedge::task
