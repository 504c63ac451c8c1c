#include <sys/time.h>

#include <csignal>

#include "test/unit/compile/guest.h"

// What LLVM would like to do to code that it takes for C, and must not.
namespace wasmedge::test {
namespace {

using run::TrapCode;
class Optimiser : public BothQualities {};

constexpr uint8_t kLoad = 0x28, kAdd = 0x6a, kSelect = 0x1b, kDrop = 0x1a;

Bytes get(uint8_t index) {
  return {0x20, index};
}

Bytes load(const Bytes& address) {
  return concat({address, {kLoad, 2, 0}});
}

TEST_P(Optimiser, ALoadThatNothingNeedsTraps) {
  ModuleBytes module;
  module.memory({0x00, 1});
  const uint32_t type = module.type({kI32}, {});
  module.export_function("dead", module.function(type, concat({load(get(0)), {kDrop}})));
  Guest guest(module.bytes(), GetParam());
  EXPECT_EQ(guest.trap("dead", {65536}).code, TrapCode::kMemoryOutOfBounds);
}

TEST_P(Optimiser, ALoadThatSelectDoesNotTakeTraps) {
  // The CPU's conditional move loads in any case. LLVM makes a branch of it where it likes, and
  // then the load was not made.
  ModuleBytes module;
  module.memory({0x00, 1});
  const uint32_t type = module.type({kI32, kI32}, {kI32});
  const auto select = [](const Bytes& one, const Bytes& other) {
    return concat({one, other, get(1), {kSelect}});
  };
  const Bytes far = i32(770760350);
  module.export_function("first", module.function(type, select(load(get(0)), i32(4))));
  module.export_function("second", module.function(type, select(i32(4), load(get(0)))));
  module.export_function("constant", module.function(type, select(load(far), i32(4))));
  module.export_function("both", module.function(type, select(load(get(0)), load(i32(0)))));
  Guest guest(module.bytes(), GetParam());
  for (const char* function : {"first", "second", "constant", "both"}) {
    for (const uint64_t condition : {0, 1}) {
      EXPECT_EQ(guest.trap(function, {65536, condition}).code, TrapCode::kMemoryOutOfBounds)
          << function << " with " << condition;
    }
  }
  EXPECT_EQ(static_cast<uint32_t>(guest.result("first", {0, 0})), 4u);
  EXPECT_EQ(static_cast<uint32_t>(guest.result("second", {0, 1})), 4u);
}

TEST_P(Optimiser, LoadsOfALoopTrapWhateverBecomesOfThem) {
  ModuleBytes module;
  module.memory({0x00, 1});
  const uint32_t type = module.type({kI32}, {kI32});
  const Bytes address = concat({get(0), i32(2), {0x74}});
  // i = n; do { x = x … load(4 * i) … } while (--i != 0), and then x or 5
  const auto loop = [&](const char* name, const Bytes& combine, const Bytes& result) {
    const Bytes turn = concat({{0x03, 0x40}, combine, get(0), i32(-1), {kAdd, 0x22, 0, 0x0d, 0}});
    module.export_function(name,
                           module.function(type, concat({turn, {0x0b}, result}), {{1, kI32}}));
  };
  constexpr uint8_t kMul = 0x6c, kXor = 0x73, kSet = 0x21;
  loop("dead sum", concat({get(1), load(address), {kAdd, kSet, 1}}), i32(5));
  loop("product that begins with 0", concat({get(1), load(address), {kMul, kSet, 1}}), get(1));
  loop("last", concat({load(address), {kSet, 1}}), get(1));
  loop("nothing of two", concat({get(1), load(address), load(address), {kXor, kAdd, kSet, 1}}),
       get(1));
  // A byte of the sum is stored: the load is still of four, the last of which is outside.
  loop("byte of a sum",
       concat({i32(0), load(concat({get(0), i32(65533), {kAdd}})), i32(1), {kAdd, 0x3a, 0, 0}}),
       i32(5));
  Guest guest(module.bytes(), GetParam());
  for (const char* name : {"dead sum", "product that begins with 0", "last", "nothing of two"}) {
    EXPECT_EQ(guest.trap(name, {16384}).code, TrapCode::kMemoryOutOfBounds) << name;
    std::vector<run::Value> fits(1);
    fits[0].i32 = 16383;
    EXPECT_TRUE(guest.call(name, fits).returned()) << name;
  }
  EXPECT_EQ(guest.trap("byte of a sum", {1}).code, TrapCode::kMemoryOutOfBounds);
}

void interrupt(int, siginfo_t*, void* context) {
  run::interrupt_guest(context);
}

TEST_P(Optimiser, ALoopWithoutEffectsStays) {
  ModuleBytes module;
  const uint32_t type = module.type({}, {});
  module.export_function("endless", module.function(type, {0x03, 0x40, 0x0c, 0, 0x0b}));
  Guest guest(module.bytes(), GetParam());
  struct sigaction action{}, before{};
  action.sa_sigaction = interrupt;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ASSERT_EQ(::sigaction(SIGALRM, &action, &before), 0);
  const itimerval soon{{0, 1000}, {0, 20'000}};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &soon, nullptr), 0);
  EXPECT_EQ(guest.trap("endless").code, TrapCode::kInterrupted);
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
}

TEST_P(Optimiser, ShiftsCountModuloTheWidth) {
  ModuleBytes module;
  const uint32_t type = module.type({kI32}, {kI32});
  const auto shift = [&](const char* name, uint8_t op) {
    module.export_function(name, module.function(type, concat({i32(-16), get(0), {op}})));
  };
  shift("shl", 0x74);
  shift("shr_s", 0x75);
  shift("shr_u", 0x76);
  module.export_function("constant", module.function(type, concat({get(0), i32(33), {0x74}})));
  Guest guest(module.bytes(), GetParam());
  const auto result = [&](const char* name, uint64_t argument) {
    return static_cast<uint32_t>(guest.result(name, {argument}));
  };
  EXPECT_EQ(result("shl", 32), 0xfffffff0u);
  EXPECT_EQ(result("shl", 33), 0xffffffe0u);
  EXPECT_EQ(result("shr_s", 0xffffffe1), 0xfffffff8u);
  EXPECT_EQ(result("shr_u", 36), 0x0fffffffu);
  EXPECT_EQ(result("constant", 5), 10u);
}

INSTANTIATE_TEST_SUITE_P(Quality, Optimiser,
                         testing::Values(compile::Quality::kBest, compile::Quality::kNone),
                         [](const auto& info) {
                           return info.param == compile::Quality::kBest ? "Best" : "None";
                         });

}  // namespace
}  // namespace wasmedge::test
