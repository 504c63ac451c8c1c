#include "runtime/run/trap.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "runtime/run/store.h"
#include "test/unit/run/artifact_builder.h"
#include "test/unit/run/guest_code.h"

namespace wasmedge::run {
namespace {

using Values = std::array<Value, 5>;

// One guest with an export for each way to trap.
class Trap : public testing::Test {
 protected:
  void SetUp() override {
    ArtifactBuilder builder;
    const uint32_t type = builder.type({wasm::kI32, wasm::kI32}, {wasm::kI32});
    builder.memory(1, 2);
    builder.exported("add", type, code::add());
    builder.exported("load", type, code::load());
    builder.exported("load_far", type, code::load_far());
    builder.exported("store", type, code::store());
    const uint32_t unreachable = builder.exported("unreachable", type, code::trap(1));
    builder.exported("divide", type, code::trap(7));
    builder.exported("clobber", type, code::clobber_and_trap());
    builder.exported("recurse", type, code::recurse());
    builder.exported("wild", type, code::wild_load());
    builder.exported("undefined", type, code::undefined_instruction());
    builder.exported("no_such_trap", type, code::trap(0x63));
    builder.site(unreachable, 0, 0x1a4);
    auto instance = store_.link(load(builder), {});
    ASSERT_TRUE(instance) << instance.error().message;
    instance_ = *instance;
  }

  Outcome run(std::string_view name, uint32_t a = 0, uint32_t b = 0) {
    values_ = {};
    values_[0].i32 = a;
    values_[1].i32 = b;
    return call(instance_->find_function(name).value(), values_);
  }
  void expect_trap(const Outcome& outcome, TrapCode code) {
    EXPECT_EQ(outcome.kind, Outcome::Kind::kTrapped);
    EXPECT_EQ(outcome.trap.code, code) << to_string(outcome.trap);
  }

  Store store_;
  Instance* instance_ = nullptr;
  Values values_{};
};

TEST_F(Trap, TellsCodeFunctionAndOffset) {
  const Outcome outcome = run("unreachable");
  expect_trap(outcome, TrapCode::kUnreachable);
  EXPECT_EQ(to_string(outcome.trap),
            "trap: unreachable in function $unreachable (index 4) at module offset 0x1a4");
  expect_trap(run("divide"), TrapCode::kIntegerDivideByZero);
}

TEST_F(Trap, MemoryOutOfBounds) {
  EXPECT_TRUE(run("store", 65532, 7).returned());
  EXPECT_TRUE(run("load", 65532).returned());
  EXPECT_EQ(values_[0].i32, 7u);
  for (const uint32_t address : {65533u, 65536u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    const Outcome outcome = run("load", address);
    expect_trap(outcome, TrapCode::kMemoryOutOfBounds);
    EXPECT_EQ(outcome.trap.function_name, "load");
    expect_trap(run("store", address), TrapCode::kMemoryOutOfBounds);
  }
  expect_trap(run("load_far", 0xffffffff), TrapCode::kMemoryOutOfBounds);
}

TEST_F(Trap, StackOverflow) {
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = run("recurse");
    expect_trap(outcome, TrapCode::kStackOverflow);
    EXPECT_EQ(outcome.trap.function_name, "recurse");
  }
}

TEST_F(Trap, HostRegistersSurvive) {
  // Values that the compiler keeps in callee-saved registers over the call.
  volatile uint64_t seed = 11;
  const uint64_t a = seed, b = seed * 2, c = seed * 3, d = seed * 4, e = seed * 5, f = seed * 6;
  expect_trap(run("clobber"), TrapCode::kUnreachable);
  EXPECT_EQ(a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f, 11u * 654321u);
}

TEST_F(Trap, GuestGoesOnAfterwards) {
  for (int i = 0; i < 1000; ++i) {
    expect_trap(run("load", 65536), TrapCode::kMemoryOutOfBounds);
    EXPECT_TRUE(run("add", 40, 2).returned());
    EXPECT_EQ(values_[0].i32, 42u);
  }
}

TEST_F(Trap, OnEachThread) {
  std::vector<std::thread> threads;
  std::array<int, 4> overflows{};
  for (int& count : overflows) {
    threads.emplace_back([&count, function = instance_->find_function("recurse").value()] {
      for (int i = 0; i < 5; ++i) {
        Values values{};
        const Outcome outcome = call(function, values);
        if (outcome.trap.code == TrapCode::kStackOverflow) ++count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : overflows) EXPECT_EQ(count, 5);
}

using TrapDeathTest = Trap;

// What is not a trap must end the process, not be taken for one.
TEST_F(TrapDeathTest, OtherFaultsAreNotTraps) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(run("wild"), "");
  EXPECT_DEATH(run("undefined"), "");
  EXPECT_DEATH(run("no_such_trap"), "");
  // The host's own access to a guest's memory beyond its end.
  EXPECT_DEATH(
      {
        run("add");
        std::byte* base = store_.add_memory({{1, 1, false, false}, 16}).value()->view()->base;
        *static_cast<volatile std::byte*>(base + 65536) = std::byte{1};
      },
      "");
  EXPECT_DEATH(
      {
        run("add");
        raise(SIGSEGV);
      },
      "");
}

TEST_F(TrapDeathTest, EndingAGuestThatDoesNotRun) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(exit_guest(0), "no guest runs on this thread");
}

TEST(TrapText, NamesOfHostileModules) {
  TrapReport report{TrapCode::kIntegerOverflow, 12, "a\x1b[2J\n\"b\\\xff", 0};
  EXPECT_EQ(to_string(report),
            "trap: integer overflow in function $a\\x1b[2J\\x0a\\x22b\\x5c\\xff (index 12)");
  report.function_name = std::string(100'000, '\n');
  EXPECT_LT(to_string(report).size(), 1200u);
  EXPECT_NE(to_string(report).find("… (index 12)"), std::string::npos);
  report.function_name.clear();
  report.wasm_offset = 0xffffffff;
  EXPECT_EQ(to_string(report), "trap: integer overflow in function 12 at module offset 0xffffffff");
  std::array<char, 20> small;
  EXPECT_EQ(format_trap(report, small), small.size());
  EXPECT_EQ(std::string_view(small.data(), small.size()), "trap: integer overfl");
}

TEST(TrapText, NamesTheTagOfAnException) {
  TrapReport report{TrapCode::kUncaughtException, 3, "f", 0x20, "a\nb"};
  EXPECT_EQ(to_string(report),
            "trap: uncaught exception with tag $a\\x0ab in function $f (index 3) at module offset "
            "0x20");
  report.tag.clear();
  report.function_name.clear();
  EXPECT_EQ(to_string(report), "trap: uncaught exception in function 3 at module offset 0x20");
}

TEST(TrapText, PrintsOneLine) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  Fd reader(ends[0]), writer(ends[1]);
  print_trap(writer.get(), {TrapCode::kStackOverflow, TrapReport::kNoFunction, "", 0});
  writer.reset();
  EXPECT_EQ(read_all(reader.get(), 1000, "pipe").value(), "trap: call stack exhausted\n");
}

}  // namespace
}  // namespace wasmedge::run
