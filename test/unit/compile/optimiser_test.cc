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

TEST_P(Optimiser, LoadsOfLanesThatAreNotTakenTrap) {
  // CPUs with masks load for the lanes that are taken only.
  constexpr uint8_t kV128 = 0x7b;
  ModuleBytes module;
  module.memory({0x00, 1});
  const auto simd = [](uint8_t op, const Bytes& immediate = {}) {
    return concat({{0xfd}, leb(op), immediate});
  };
  const Bytes load_f32 = concat({get(0), {0x2a, 0, 0}});
  const Bytes load_f64 = concat({get(0), {0x2b, 0, 0}});
  const Bytes load_v128 = concat({get(0), simd(0x00, {0, 0})});
  const Bytes load_8x8 = concat({get(0), simd(0x01, {0, 0})});
  const Bytes mask = concat({get(1), get(2), simd(0x41)});  // f32x4.eq
  const Bytes bitselect = concat({mask, simd(0x52)});
  const uint32_t f32 = module.type({kI32, kF32, kI32}, {kF32});
  const uint32_t f64 = module.type({kI32, kF64, kI32}, {kF64});
  const uint32_t v128 = module.type({kI32, kV128, kV128}, {kV128});
  const auto add = [&](const char* name, uint32_t type, const Bytes& code) {
    module.export_function(name, module.function(type, code));
  };
  add("f32", f32, concat({get(1), load_f32, get(2), {kSelect}}));
  add("f32 sum", f32, concat({get(1), load_f32, get(1), {0x92}, get(2), {kSelect}}));
  add("f64", f64, concat({load_f64, get(1), get(2), {0x45, kSelect}}));
  add("f64 product", f64, concat({load_f64, get(1), {0xa2}, get(1), get(2), {0x45, kSelect}}));
  add("v128", v128, concat({load_v128, get(1), bitselect}));
  add("v128 sum", v128, concat({load_v128, get(1), simd(0xe4, {0x01}), get(1), bitselect}));
  add("v128 extended", v128, concat({load_8x8, get(1), bitselect}));
  add("v128 and", v128, concat({load_v128, mask, simd(0x4e)}));
  Guest guest(module.bytes(), GetParam());
  const auto ends = [&](const char* name, uint32_t address, uint8_t wanted) {
    std::vector<run::Value> values(3);
    values[0].i32 = address;
    // Lanes are never equal, or always; a scalar's select takes the load only if wanted.
    for (uint8_t& byte : values[1].v128) byte = 1;
    for (uint8_t& byte : values[2].v128) byte = wanted;
    return guest.call(name, values);
  };
  for (const char* name :
       {"f32", "f32 sum", "f64", "f64 product", "v128", "v128 sum", "v128 extended", "v128 and"}) {
    for (const uint8_t wanted : {0, 1}) {
      const run::Outcome outcome = ends(name, 65536, wanted);
      ASSERT_FALSE(outcome.returned()) << name;
      EXPECT_EQ(outcome.trap.code, TrapCode::kMemoryOutOfBounds) << name;
      EXPECT_TRUE(ends(name, 0, wanted).returned()) << name;
    }
  }
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
                           module.function(type, concat({turn, {0x0b}, result}), {{2, kI32}}));
  };
  constexpr uint8_t kMul = 0x6c, kSub = 0x6b, kXor = 0x73, kSet = 0x21, kTee = 0x22, kStore = 0x36;
  loop("dead sum", concat({get(1), load(address), {kAdd, kSet, 1}}), i32(5));
  loop("product that begins with 0", concat({get(1), load(address), {kMul, kSet, 1}}), get(1));
  loop("last", concat({load(address), {kSet, 1}}), get(1));
  loop("nothing of two", concat({get(1), load(address), load(address), {kXor, kAdd, kSet, 1}}),
       get(1));
  loop("beside the one before",
       concat({i32(0), load(address), {kTee, 2}, get(1), {kSub, kStore, 2, 0}, get(2), {kSet, 1}}),
       get(1));
  loop("the one before", concat({i32(0), get(1), {kStore, 2, 0}, load(address), {kSet, 1}}),
       i32(5));
  loop("twice",
       concat({i32(0), load(address), {kStore, 2, 0}, i32(4), load(address), {kStore, 2, 0}}),
       i32(5));
  // A byte of the sum is stored: the load is still of four, the last of which is outside.
  loop("byte of a sum",
       concat({i32(0), load(concat({get(0), i32(65533), {kAdd}})), i32(1), {kAdd, 0x3a, 0, 0}}),
       i32(5));
  Guest guest(module.bytes(), GetParam());
  for (const char* name : {"dead sum", "product that begins with 0", "last", "nothing of two",
                           "beside the one before", "the one before", "twice"}) {
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
