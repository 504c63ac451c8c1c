#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runtime/wasi/clock.h"
#include "test/unit/wasi/guest.h"

namespace wasmedge::wasi {
namespace {

constexpr uint32_t kIn = 0x10000;
constexpr uint32_t kEvents = 0x20000;
constexpr uint64_t kMillisecond = 1'000'000;

Subscription clock_after(uint64_t userdata, uint64_t nanoseconds, uint32_t clock = 1) {
  Subscription s{};
  s.userdata = userdata;
  s.type = EventType::kClock;
  s.clock_or_fd = clock;
  s.timeout = nanoseconds;
  return s;
}

Subscription ready(uint64_t userdata, EventType type, uint32_t fd) {
  Subscription s{};
  s.userdata = userdata;
  s.type = type;
  s.clock_or_fd = fd;
  return s;
}

class PollTest : public testing::Test {
 protected:
  PollTest() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    reader_ = Fd(fds[0]);
    writer_ = Fd(fds[1]);
    guest_.env->fds.set_stdio(0, Descriptor::borrowed(reader_.get()));
    guest_.env->fds.set_stdio(1, Descriptor::borrowed(writer_.get()));
  }

  std::vector<Event> poll(const std::vector<Subscription>& in) {
    for (size_t i = 0; i < in.size(); ++i) {
      guest_.set(kIn + static_cast<uint32_t>(i * sizeof(Subscription)), in[i]);
    }
    const auto count = static_cast<uint32_t>(in.size());
    EXPECT_EQ(preview1::poll_oneoff(*guest_.env, kIn, kEvents, count, Guest::kOut),
              Errno::kSuccess);
    std::vector<Event> events;
    for (uint32_t i = 0; i < guest_.get<uint32_t>(Guest::kOut); ++i) {
      events.push_back(guest_.get<Event>(kEvents + i * uint32_t{sizeof(Event)}));
    }
    return events;
  }

  Guest guest_;
  Fd reader_;
  Fd writer_;
};

TEST_F(PollTest, SleepsAsLongAsTheFirstClockSays) {
  const uint64_t before = now(CLOCK_MONOTONIC);
  const auto events =
      poll({clock_after(7, 1000 * kMillisecond), clock_after(8, 20 * kMillisecond)});
  const uint64_t slept = now(CLOCK_MONOTONIC) - before;
  EXPECT_GE(slept, 20 * kMillisecond);
  EXPECT_LT(slept, 900 * kMillisecond);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].userdata, 8U);
  EXPECT_EQ(events[0].type, EventType::kClock);
  EXPECT_EQ(events[0].error, 0U);
}

TEST_F(PollTest, AbsoluteTimes) {
  for (const auto& [id, clock] : {std::pair{0U, CLOCK_REALTIME}, std::pair{1U, CLOCK_MONOTONIC}}) {
    const uint64_t due = now(clock) + 10 * kMillisecond;
    Subscription s = clock_after(1, due, id);
    s.flags = kSubscriptionClockAbstime;
    EXPECT_EQ(poll({s}).size(), 1U);
    EXPECT_GE(now(clock), due);
    s.timeout = 1;  // long ago
    EXPECT_EQ(poll({s}).size(), 1U);
  }
}

TEST_F(PollTest, WrongClocksAreEventsWithAnError) {
  auto events = poll({clock_after(1, 0, 4), clock_after(2, ~uint64_t{0})});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].error, static_cast<uint16_t>(Errno::kInval));
  events = poll({clock_after(1, 0, 2)});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].error, static_cast<uint16_t>(Errno::kNotSup));
  Subscription s = clock_after(1, 0);
  s.flags = 2;
  events = poll({s});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].error, static_cast<uint16_t>(Errno::kInval));
}

TEST_F(PollTest, PipesAreReadyWhenTheyAre) {
  const auto input = ready(1, EventType::kFdRead, 0);
  const auto output = ready(2, EventType::kFdWrite, 1);
  const auto soon = clock_after(3, 10 * kMillisecond);
  auto events = poll({input, soon});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].userdata, 3U);
  events = poll({input, output, clock_after(3, ~uint64_t{0})});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].userdata, 2U);
  ASSERT_EQ(::write(writer_.get(), "hello", 5), 5);
  events = poll({input});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].bytes, 5U);
  EXPECT_EQ(events[0].flags, 0U);
  guest_.env->fds.set_stdio(1, nullptr);
  writer_.reset();
  EXPECT_EQ(guest_.read(0), "hello");
  events = poll({input});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].flags, kEventHangup);
}

TEST_F(PollTest, ABrokenPipeIsAnErrorToWriteTo) {
  reader_.reset();
  const auto events = poll({ready(2, EventType::kFdWrite, 1)});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].error, static_cast<uint16_t>(Errno::kPipe));
}

TEST_F(PollTest, FilesAreAlwaysReadyAndWrongFdsAreEvents) {
  guest_.dir.write("root/file", "content");
  const uint32_t file = guest_.must_open("file", {.base = kFileRights});
  auto events = poll({ready(1, EventType::kFdRead, file), ready(2, EventType::kFdWrite, file)});
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].bytes, 7U);
  events = poll({ready(1, EventType::kFdRead, 99), ready(2, EventType::kFdRead, Guest::kRoot),
                 ready(3, EventType::kFdRead, 0)});
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].error, static_cast<uint16_t>(Errno::kBadF));
  EXPECT_EQ(events[1].error, static_cast<uint16_t>(Errno::kBadF));
}

TEST_F(PollTest, ArgumentsAreChecked) {
  WasiEnv& env = *guest_.env;
  EXPECT_EQ(preview1::poll_oneoff(env, kIn, kEvents, 0, 0x100), Errno::kInval);
  EXPECT_EQ(preview1::poll_oneoff(env, kIn, kEvents, 0xffffffff, 0x100), Errno::kInval);
  EXPECT_EQ(preview1::poll_oneoff(env, 0xffffff00, kEvents, 1, 0x100), Errno::kFault);
  EXPECT_EQ(preview1::poll_oneoff(env, kIn, 0xffffff00, 1, 0x100), Errno::kFault);
  EXPECT_EQ(preview1::poll_oneoff(env, kIn, kEvents, 1, 0xffffff00), Errno::kFault);
  Subscription s = clock_after(1, 0);
  s.type = static_cast<EventType>(3);
  guest_.set(kIn, s);
  EXPECT_EQ(preview1::poll_oneoff(env, kIn, kEvents, 1, 0x100), Errno::kInval);
}

TEST_F(PollTest, TheOlderLayout) {
  ASSERT_EQ(::write(writer_.get(), "x", 1), 1);
  UnstableSubscription input{};
  input.userdata = 1;
  input.type = EventType::kFdRead;
  input.identifier_or_fd = 0;
  UnstableSubscription clock{};
  clock.userdata = 2;
  clock.type = EventType::kClock;
  clock.identifier_or_fd = 0xdeadbeef;
  clock.clock = 1;
  guest_.set(kIn, input);
  guest_.set(kIn + uint32_t{sizeof input}, clock);
  EXPECT_EQ(unstable::poll_oneoff(*guest_.env, kIn, kEvents, 2, Guest::kOut), Errno::kSuccess);
  EXPECT_EQ(guest_.get<uint32_t>(Guest::kOut), 2U);
  EXPECT_EQ(guest_.get<Event>(kEvents).userdata, 1U);
  EXPECT_EQ(guest_.get<Event>(kEvents + 32).userdata, 2U);
}

TEST(Clock, FourOfThem) {
  Guest guest;
  WasiEnv& env = *guest.env;
  for (uint32_t id = 0; id < 4; ++id) {
    EXPECT_EQ(preview1::clock_time_get(env, id, 0, 0x100), Errno::kSuccess);
    EXPECT_GT(guest.get<uint64_t>(0x100), 0U);
    EXPECT_EQ(preview1::clock_res_get(env, id, 0x100), Errno::kSuccess);
    EXPECT_GT(guest.get<uint64_t>(0x100), 0U);
  }
  EXPECT_EQ(preview1::clock_time_get(env, 4, 0, 0x100), Errno::kInval);
  EXPECT_EQ(preview1::clock_res_get(env, ~0U, 0x100), Errno::kInval);
  EXPECT_EQ(preview1::clock_time_get(env, 0, 0, Guest::kMemoryBytes - 7), Errno::kFault);
}

TEST(Clock, TimesAreCutToWhatBitsHold) {
  EXPECT_EQ(nanoseconds({-1, 5}), 0U);
  EXPECT_EQ(nanoseconds({2, 5}), 2'000'000'005U);
  EXPECT_EQ(nanoseconds({INT64_MAX, 0}), ~uint64_t{0});
}

}  // namespace
}  // namespace wasmedge::wasi
