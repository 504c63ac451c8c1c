#include "shim/rpc/server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "shim/rpc/client.h"
#include "test/unit/rpc/bytes.h"
#include "test/unit/temporary_directory.h"

namespace wasmedge::rpc {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A server on a socket in a directory of its own, with three methods.
class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    path_ = directory_.at("s");
    methods_[{"t", "Echo"}] = [](std::string payload) -> asio::awaitable<Result<std::string>> {
      co_return payload;
    };
    methods_[{"t", "Forever"}] = [this](std::string) -> asio::awaitable<Result<std::string>> {
      running_++;
      asio::steady_timer timer(io_, std::chrono::hours(1));
      try {
        co_await timer.async_wait(asio::use_awaitable);
      } catch (const boost::system::system_error&) {
        running_--;
        throw;
      }
      co_return std::string("woke");
    };
    methods_[{"t", "Throw"}] = [](std::string) -> asio::awaitable<Result<std::string>> {
      throw std::bad_alloc();
      co_return std::string();
    };
    server_.emplace(io_, listen(), methods_);
    server_->start();
  }

  sockaddr_un address() const {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    return address;
  }
  Fd listen() {
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un name = address();
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
    EXPECT_EQ(::listen(fd.get(), 8), 0);
    return fd;
  }
  Fd connect() {
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un name = address();
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof(name)), 0);
    return fd;
  }
  void run(std::chrono::milliseconds time) { io_.run_for(time); }

  /// All frames that the peer has sent by now.
  static std::vector<Frame> receive(const Fd& fd) {
    std::string bytes(1 << 16, '\0');
    const ssize_t count = ::recv(fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    return frames_in(bytes.substr(0, count > 0 ? static_cast<size_t>(count) : 0));
  }

  asio::io_context io_{1};
  test::TemporaryDirectory directory_;
  std::string path_;
  Methods methods_;
  std::optional<Server> server_;
  int running_ = 0;
};

TEST_F(ServerTest, AnswersWhileAnotherCallIsOpen) {
  const Fd client = connect();
  ASSERT_TRUE(write_all(client.get(),
                        request_frame(1, "t", "Forever", "") + request_frame(3, "t", "Echo", "hi") +
                            request_frame(5, "t", "Nothing", "") +
                            request_frame(7, "other", "Echo", "") +
                            request_frame(9, "t", "Throw", ""),
                        "socket"));
  run(50ms);
  const auto frames = receive(client);
  ASSERT_EQ(frames.size(), 4U);
  std::map<uint32_t, proto::Response> answers;
  for (const Frame& frame : frames) answers[frame.stream] = response_in(frame);
  EXPECT_EQ(answers[3].payload(), "hi");
  EXPECT_EQ(answers[5].status().code(), 12);
  EXPECT_EQ(answers[7].status().code(), 12);
  EXPECT_EQ(answers[9].status().code(), 8);
  EXPECT_EQ(running_, 1);
}

TEST_F(ServerTest, TheEndOfTheConnectionCancelsItsCalls) {
  Fd client = connect();
  ASSERT_TRUE(write_all(client.get(),
                        request_frame(1, "t", "Forever", "") + request_frame(3, "t", "Forever", ""),
                        "socket"));
  run(50ms);
  EXPECT_EQ(running_, 2);
  client.reset();
  run(50ms);
  EXPECT_EQ(running_, 0);
}

TEST_F(ServerTest, ACallsTimeoutIsAppliedHere) {
  const Fd client = connect();
  ASSERT_TRUE(write_all(client.get(), request_frame(1, "t", "Forever", "", 20'000'000), "socket"));
  run(10ms);
  EXPECT_TRUE(receive(client).empty());
  run(100ms);
  const auto frames = receive(client);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(response_in(frames[0]).status().code(), 4);
  EXPECT_EQ(running_, 0);
}

TEST_F(ServerTest, ATimeoutAndTheConnectionsEndAtOnce) {
  Fd client = connect();
  ASSERT_TRUE(write_all(client.get(), request_frame(1, "t", "Forever", "", 20'000'000), "socket"));
  run(5ms);
  EXPECT_EQ(running_, 1);
  client.reset();
  // Both are there to be dealt with when the loop runs again.
  const auto late = std::chrono::steady_clock::now() + 30ms;
  while (std::chrono::steady_clock::now() < late) std::this_thread::yield();
  run(50ms);
  EXPECT_EQ(running_, 0);
}

TEST_F(ServerTest, ClientCallsAndReconnects) {
  Client client(io_, path_);
  std::vector<std::string> answers;
  const auto call = [&](std::string method, std::chrono::milliseconds timeout) {
    asio::co_spawn(
        io_,
        [&]() -> asio::awaitable<void> {
          auto answer = co_await client.call("t", method, "ping", timeout);
          answers.push_back(answer ? *answer : "error: " + answer.error().message);
        },
        asio::detached);
    run(100ms);
  };
  call("Echo", 1s);
  call("Echo", 1s);
  call("Forever", 20ms);
  call("Missing", 1s);
  call("Echo", 1s);
  ASSERT_EQ(answers.size(), 5U);
  EXPECT_EQ(answers[0], "ping");
  EXPECT_EQ(answers[1], "ping");
  EXPECT_TRUE(answers[2].starts_with("error: ")) << answers[2];
  EXPECT_EQ(answers[3], "error: refused with status 12: this shim has no method t/Missing");
  EXPECT_EQ(answers[4], "ping");
}

TEST_F(ServerTest, ClientNamesTheSocketThatIsNotThere) {
  Client client(io_, directory_.at("none"));
  std::string message;
  asio::co_spawn(
      io_,
      [&]() -> asio::awaitable<void> {
        message = (co_await client.call("t", "Echo", "", 1s)).error().message;
      },
      asio::detached);
  run(100ms);
  EXPECT_EQ(message, "connect to " + directory_.at("none") + ": No such file or directory");
}

}  // namespace
}  // namespace wasmedge::rpc
