#include "shim/task/refusals.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>

#include "runtime/base/log.h"

namespace wasmedge::task {
namespace {

class Refusals : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC), 0);
    log_reader.reset(ends[0]);
    log_writer.reset(ends[1]);
    ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC), 0);
    guest.reset(ends[1]);
    log::configure(log_writer.get(), log::Level::kInfo);
    boost::asio::co_spawn(io, log_refusals(io, ProcessLog("c1", {}), Fd(ends[0])),
                          boost::asio::detached);
  }
  void TearDown() override { log::configure(STDERR_FILENO, log::Level::kInfo); }
  void say(const std::string& text) { (void)!::write(guest.get(), text.data(), text.size()); }
  std::string logged(std::chrono::milliseconds time) {
    io.run_for(time);
    io.restart();
    std::array<char, 65536> buffer{};
    const ssize_t size = ::read(log_reader.get(), buffer.data(), buffer.size());
    return {buffer.data(), size > 0 ? static_cast<size_t>(size) : 0};
  }
  static long lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

  boost::asio::io_context io;
  Fd log_reader, log_writer, guest;
};

using std::chrono::milliseconds;

TEST_F(Refusals, AreWarningsOfTheContainer) {
  say("refused: a\nrefu");
  const std::string first = logged(milliseconds(50));
  EXPECT_NE(first.find("level=warning msg=\"refused: a\" id=c1 phase=run"), std::string::npos)
      << first;
  say("sed: b\n");
  guest.reset();
  const std::string second = logged(milliseconds(50));
  EXPECT_NE(second.find("msg=\"refused: b\" id=c1"), std::string::npos) << second;
  EXPECT_EQ(lines(first) + lines(second), 2);
}

TEST_F(Refusals, AHostileGuestFillsNoLog) {
  for (int i = 0; i < 16; ++i) say(std::string(4096, '\n'));
  EXPECT_EQ(lines(logged(milliseconds(300))), kRefusalLines);
  EXPECT_EQ(lines(logged(milliseconds(1000))), kRefusalLines);
}

TEST_F(Refusals, NorForgesLines) {
  say("a\" level=fatal\x1b[2J\r" + std::string(5000, 'x') + "\n");
  const std::string text = logged(milliseconds(300));
  EXPECT_NE(text.find("a\\\" level=fatal\\x1b[2J\\r"), std::string::npos) << text.substr(0, 200);
  EXPECT_EQ(lines(text), 5) << "cut after 1 KiB each";
}

}  // namespace
}  // namespace wasmedge::task
