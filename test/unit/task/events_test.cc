#include "shim/task/events.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

namespace wasmedge::task {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A containerd that takes its time, and fails as told.
class EventsTest : public testing::Test {
 protected:
  EventsTest()
      : events_(io_, "ns", [this](std::string request) { return forward(std::move(request)); }) {}

  asio::awaitable<Result<>> forward(std::string request) {
    attempts_++;
    asio::steady_timer timer(io_, 1ms);
    co_await timer.async_wait(asio::use_awaitable);
    if (away_ > 0) {
      away_--;
      co_return fail(ErrorCode::kUnavailable, "away");
    }
    if (refuse_ > 0) {
      refuse_--;
      co_return fail(ErrorCode::kFailedPrecondition, "refused");
    }
    proto::ForwardRequest decoded;
    EXPECT_TRUE(decoded.ParseFromString(request));
    received_.push_back(decoded.envelope());
    co_return Result<>();
  }

  void publish_a_life(const std::string& id) {
    proto::TaskCreate create;
    create.set_container_id(id);
    events_.publish(create);
    proto::TaskStart start;
    start.set_container_id(id);
    events_.publish(start);
    proto::TaskOOM oom;
    oom.set_container_id(id);
    events_.publish(oom);
    proto::TaskExit exit;
    exit.set_container_id(id);
    exit.set_exit_status(137);
    events_.publish(exit);
    proto::TaskDelete deleted;
    deleted.set_container_id(id);
    events_.publish(deleted);
  }
  std::vector<std::string> topics() const {
    std::vector<std::string> topics;
    for (const proto::Envelope& envelope : received_) topics.push_back(envelope.topic());
    return topics;
  }

  const std::vector<std::string> kLife = {"/tasks/create", "/tasks/start", "/tasks/oom",
                                          "/tasks/exit", "/tasks/delete"};
  asio::io_context io_{1};
  int attempts_ = 0;
  int away_ = 0;
  int refuse_ = 0;
  std::vector<proto::Envelope> received_;
  Events events_;
};

TEST_F(EventsTest, ArriveInOrderWithTheirTypes) {
  publish_a_life("box");
  io_.run_for(200ms);
  EXPECT_EQ(topics(), kLife);
  ASSERT_EQ(received_.size(), 5U);
  EXPECT_EQ(received_[3].namespace_(), "ns");
  EXPECT_GT(received_[3].timestamp().seconds(), 1'600'000'000);
  EXPECT_EQ(received_[0].event().type_url(), "containerd.events.TaskCreate");
  EXPECT_EQ(received_[1].event().type_url(), "containerd.events.TaskStart");
  EXPECT_EQ(received_[2].event().type_url(), "containerd.events.TaskOOM");
  EXPECT_EQ(received_[3].event().type_url(), "containerd.events.TaskExit");
  EXPECT_EQ(received_[4].event().type_url(), "containerd.events.TaskDelete");
  proto::TaskExit exit;
  ASSERT_TRUE(exit.ParseFromString(received_[3].event().value()));
  EXPECT_EQ(exit.container_id(), "box");
  EXPECT_EQ(exit.exit_status(), 137U);
}

TEST_F(EventsTest, WaitInOrderWhileContainerdIsAway) {
  away_ = 3;
  publish_a_life("box");
  io_.run_for(500ms);
  EXPECT_EQ(topics(), kLife);
  EXPECT_EQ(attempts_, 8);
}

TEST_F(EventsTest, ARefusedEventDoesNotHoldUpTheOthers) {
  refuse_ = 1;
  publish_a_life("box");
  io_.run_for(200ms);
  EXPECT_EQ(topics(), std::vector<std::string>(kLife.begin() + 1, kLife.end()));
}

TEST_F(EventsTest, DrainWaitsForTheLast) {
  publish_a_life("box");
  size_t at_drain = 0;
  asio::co_spawn(
      io_,
      [&]() -> asio::awaitable<void> {
        co_await events_.drain(1s);
        at_drain = received_.size();
      },
      asio::detached);
  io_.run_for(300ms);
  EXPECT_EQ(at_drain, 5U);
}

TEST_F(EventsTest, DrainIsNotForEver) {
  away_ = 1000;
  publish_a_life("box");
  bool drained = false;
  asio::co_spawn(
      io_,
      [&]() -> asio::awaitable<void> {
        co_await events_.drain(30ms);
        drained = true;
      },
      asio::detached);
  io_.run_for(200ms);
  EXPECT_TRUE(drained);
}

TEST_F(EventsTest, TheQueueIsBounded) {
  away_ = 1;
  for (int i = 0; i < 5000; i++) events_.publish(proto::TaskStart());
  publish_a_life("box");
  io_.run_for(10s);
  EXPECT_EQ(received_.size(), 2048U);
  ASSERT_GE(received_.size(), 5U);
  EXPECT_EQ(topics().back(), "/tasks/delete");
}

}  // namespace
}  // namespace wasmedge::task
