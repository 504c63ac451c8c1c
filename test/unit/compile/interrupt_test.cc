#include <pthread.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "test/unit/compile/guest.h"

namespace wasmedge::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::atomic<bool> accepted;

void interrupt(int, siginfo_t*, void* context) {
  if (run::interrupt_guest(context)) accepted = true;
}

/// Interrupts this thread's guest after a while, and until it is heard.
class Interrupter {
 public:
  explicit Interrupter(std::chrono::milliseconds delay)
      : thread_([this, delay, target = pthread_self()] {
          std::this_thread::sleep_for(delay);
          first_ = Clock::now();
          while (!accepted) {
            pthread_kill(target, SIGUSR2);
            std::this_thread::sleep_for(1ms);
          }
        }) {}
  /// How long it took; the guest has ended.
  Clock::duration latency() {
    thread_.join();
    return Clock::now() - first_;
  }

 private:
  Clock::time_point first_;
  std::thread thread_;
};

class Interrupt : public testing::Test {
 protected:
  void SetUp() override {
    struct sigaction action{};
    action.sa_sigaction = interrupt;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGUSR2, &action, &previous_);
    accepted = false;
  }
  void TearDown() override { sigaction(SIGUSR2, &previous_, nullptr); }

  // Runs `code` of type [] -> [] until it is interrupted.
  void expect_interrupted(ModuleBytes& module, const Bytes& code) {
    module.export_function("f", module.function(module.type({}, {}), code));
    Guest guest(module.bytes(), compile::Quality::kBest);
    Interrupter interrupter(50ms);
    const run::TrapReport trap = guest.trap("f");
    const auto latency = interrupter.latency();
    EXPECT_EQ(trap.code, run::TrapCode::kInterrupted);
    ASSERT_EQ(trap.frames.size(), 1U) << "the function and no more";
    // 10 ms are promised; a busy machine may not run either thread for longer than that.
    EXPECT_LT(latency, 200ms);
  }

  // loop body br 0 end
  static Bytes forever(const Bytes& body) {
    return concat({{0x03, 0x40}, body, {0x0c, 0x00, 0x0b}});
  }

  struct sigaction previous_{};
};

TEST_F(Interrupt, EndsALoop) {
  ModuleBytes module;
  expect_interrupted(module, forever({}));
}

// 4 GiB less a page in one instruction: seconds of work.
TEST_F(Interrupt, EndsAFillOfMemory) {
  ModuleBytes module;
  module.memory(concat({{0x00}, leb(65536)}));
  expect_interrupted(module, forever(concat({i32(0), i32(0), i32(-65536), {0xfc, 0x0b, 0x00}})));
}

TEST_F(Interrupt, EndsACopyOfMemory) {
  for (const auto& [to, from] : {std::pair{0, 65536}, std::pair{65536, 0}}) {
    accepted = false;
    ModuleBytes module;
    module.memory(concat({{0x00}, leb(65536)}));
    expect_interrupted(
        module, forever(concat({i32(to), i32(from), i32(-131072), {0xfc, 0x0a, 0x00, 0x00}})));
  }
}

TEST_F(Interrupt, EndsBulkWorkOnTables) {
  ModuleBytes module;
  module.table(concat({{kFuncref, 0x00}, leb(10'000'000)}));
  const Bytes fill = concat({i32(0), {0xd0, kFuncref}, i32(10'000'000), {0xfc, 0x11, 0x00}});
  const Bytes copy = concat({i32(0), i32(1), i32(9'999'999), {0xfc, 0x0e, 0x00, 0x00}});
  expect_interrupted(module, forever(concat({fill, copy})));
}

// Alone, with nobody to notify it: forever.
TEST_F(Interrupt, EndsAWait) {
  ModuleBytes module;
  module.memory({0x03, 0x01, 0x01});
  expect_interrupted(module, concat({i32(0), i32(0), i64(-1), {0xfe, 0x01, 0x02, 0x00, 0x1a}}));
}

TEST_F(Interrupt, EndsAWaitOf64Bits) {
  ModuleBytes module;
  module.memory({0x03, 0x01, 0x01});
  expect_interrupted(module, concat({i32(8), i64(0), i64(-1), {0xfe, 0x02, 0x03, 0x00, 0x1a}}));
}

// Who was interrupted waits no more: a notification is not lost in him.
TEST_F(Interrupt, LeavesNoWaiterBehind) {
  ModuleBytes module;
  module.memory({0x03, 0x01, 0x01});
  module.export_function(
      "wait", module.function(module.type({}, {kI32}),
                              concat({i32(0), i32(0), i64(-1), {0xfe, 0x01, 0x02, 0x00}})));
  module.export_function(
      "notify",
      module.function(module.type({}, {kI32}), concat({i32(0), i32(9), {0xfe, 0x00, 0x02, 0x00}})));
  Guest guest(module.bytes(), compile::Quality::kBest);
  Interrupter interrupter(20ms);
  EXPECT_EQ(guest.trap("wait").code, run::TrapCode::kInterrupted);
  interrupter.latency();
  EXPECT_EQ(guest.result("notify"), 0U);
}

}  // namespace
}  // namespace wasmedge::test
