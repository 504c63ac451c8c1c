#include "runtime/run/host.h"
#include "test/unit/compile/guest.h"

// Tail calls: constant stack, whatever the callee is and however its parameters and results travel.
namespace wasmedge::test {
namespace {

constexpr int32_t kMany = 10'000'000;  // a frame each would take hundreds of megabytes

Bytes get(uint32_t local) {
  return concat({{0x20}, leb(local)});
}
// if parameter 0 is zero: `done`, else: `more`, which gets along with what the function returns.
Bytes unless_zero(const Bytes& done, const Bytes& more) {
  return concat({get(0), {0x45, 0x04, 0x40}, done, {0x0f, 0x0b}, more});
}
const Bytes kMinusOne = concat({get(0), i32(1), {0x6b}});
Bytes return_call(uint32_t function) {
  return concat({{0x12}, leb(function)});
}

class TailCalls : public BothQualities {
 protected:
  TailCalls() : world_(GetParam()) {}
  World world_;
  ModuleBytes module_;
};

TEST_P(TailCalls, OfItself) {
  const uint32_t type = module_.type({kI32}, {kI32});
  module_.function(type, unless_zero(i32(42), concat({kMinusOne, return_call(0)})));
  module_.export_function("f", 0);
  world_.add("m", module_.bytes());
  EXPECT_EQ(static_cast<uint32_t>(world_.result("m", "f", {kMany})), 42U);
}

// One takes its parameters in registers, the other ten more than there are; and back.
TEST_P(TailCalls, MutualWithMoreParametersThanRegisters) {
  const Bytes many(12, kI64);
  const uint32_t few = module_.type({kI32}, {kI64});
  const uint32_t lots = module_.type(concat({{kI32}, many}), {kI64});
  Bytes numbers, sum = get(1);
  for (int i = 0; i < 12; ++i) append(numbers, i64(i + 1));
  for (uint32_t i = 2; i <= 12; ++i) append(sum, concat({get(i), {0x7c}}));
  module_.function(few, unless_zero(i64(7), concat({kMinusOne, numbers, return_call(1)})));
  module_.function(lots, unless_zero(sum, concat({kMinusOne, return_call(0)})));
  module_.export_function("few", 0);
  module_.export_function("lots", 1);
  world_.add("m", module_.bytes());
  EXPECT_EQ(world_.result("m", "few", {kMany}), 7U);
  EXPECT_EQ(world_.result("m", "few", {kMany + 1}), 78U);
}

// Results that are in memory, and in an order that shows where each came from.
TEST_P(TailCalls, WithMoreResultsThanRegisters) {
  const Bytes results = {kI32, kF64, kI64, kF32, kI32};
  const uint32_t type = module_.type({kI32}, results);
  const Bytes one_to_five = concat({i32(1),
                                    {0x44, 0, 0, 0, 0, 0, 0, 0, 0x40},  // f64 2
                                    i64(3),
                                    {0x43, 0, 0, 0x80, 0x40},  // f32 4
                                    i32(5)});
  module_.function(type, unless_zero(one_to_five, concat({kMinusOne, return_call(0)})));
  module_.export_function("f", 0);
  world_.add("m", module_.bytes());
  std::vector<run::Value> values(5);
  values[0].i32 = kMany;
  ASSERT_TRUE(world_.call("m", "f", values).returned());
  EXPECT_EQ(values[0].i32, 1U);
  EXPECT_EQ(values[1].f64, 2.0);
  EXPECT_EQ(values[2].i64, 3U);
  EXPECT_EQ(values[3].f32, 4.0F);
  EXPECT_EQ(values[4].i32, 5U);
}

// Two instances call each other through a table that both have.
TEST_P(TailCalls, AcrossInstancesThroughATable) {
  const auto make = [](uint32_t place, bool imports) {
    ModuleBytes module;
    const uint32_t type = module.type({kI32}, {kI32});
    if (imports) module.import_table("a", "table", {kFuncref, 0x01, 2, 2});
    if (!imports) module.table({kFuncref, 0x01, 2, 2});
    const Bytes other = i32(1 - static_cast<int32_t>(place));
    module.function(type, unless_zero(i32(static_cast<int32_t>(place)),
                                      concat({kMinusOne, other, {0x13}, leb(type), {0}})));
    module.export_function("f", 0);
    module.add_export("table", 0x01, 0);
    module.element(concat({{0x00}, i32(static_cast<int32_t>(place)), {0x0b, 1, 0}}));
    return module.bytes();
  };
  world_.add("a", make(0, false));
  world_.add("b", make(1, true));
  EXPECT_EQ(static_cast<uint32_t>(world_.result("a", "f", {kMany})), 0U);
  EXPECT_EQ(static_cast<uint32_t>(world_.result("a", "f", {kMany + 1})), 1U);
}

TEST_P(TailCalls, ByReference) {
  const uint32_t type = module_.type({kI32}, {kI32});
  const Bytes itself = concat({{0xd2}, leb(0)});
  module_.function(type, unless_zero(i32(9), concat({kMinusOne, itself, {0x15}, leb(type)})));
  module_.function(type, concat({get(0), {0xd0}, leb(type), {0x15}, leb(type)}));
  module_.export_function("f", 0);
  module_.export_function("null", 1);
  world_.add("m", module_.bytes());
  EXPECT_EQ(static_cast<uint32_t>(world_.result("m", "f", {kMany})), 9U);
  EXPECT_EQ(world_.trap("m", "null", {1}).code, run::TrapCode::kNullFunctionReference);
}

struct Host {
  uint64_t calls = 0;
};
uint64_t sum_of_few(Host* host, uint32_t a, uint64_t b) {
  ++host->calls;
  return a + b;
}
// Seven integers of eleven and two numbers of ten are on C's stack, in this order.
uint64_t digits(Host* host, uint32_t a, uint64_t b, uint32_t c, double d, uint64_t e, uint64_t f,
                uint32_t g, double h, double i, double j, double k, double l, double m, double n,
                double o, float p, uint64_t q, uint64_t r) {
  ++host->calls;
  uint64_t number = 0;
  for (const uint64_t digit :
       {uint64_t{a}, b, uint64_t{c}, static_cast<uint64_t>(d), e, f, uint64_t{g},
        static_cast<uint64_t>(h), static_cast<uint64_t>(i), static_cast<uint64_t>(j),
        static_cast<uint64_t>(k), static_cast<uint64_t>(l), static_cast<uint64_t>(m),
        static_cast<uint64_t>(n), static_cast<uint64_t>(o), static_cast<uint64_t>(p), q, r}) {
    number = number * 10 + digit;
  }
  return number;
}

Bytes f64(uint8_t high, uint8_t higher) {
  return {0x44, 0, 0, 0, 0, 0, 0, high, higher};
}

// A host function is a callee like any other, and so is one that the guest passes on.
TEST_P(TailCalls, OfHostFunctions) {
  Host host;
  world_.provide("few", run::host_function(sum_of_few, &host));
  world_.provide("digits", run::host_function(digits, &host));
  const Bytes digit_types = {kI32, kI64, kI32, kF64, kI64, kI64, kI32, kF64, kF64,
                             kF64, kF64, kF64, kF64, kF64, kF64, kF32, kI64, kI64};
  const uint32_t few = module_.type({kI32, kI64}, {kI64});
  const uint32_t lots = module_.type(digit_types, {kI64});
  const uint32_t plain = module_.type({}, {kI64});
  module_.import_function("host", "few", few);
  module_.import_function("host", "digits", lots);
  const Bytes two = f64(0x00, 0x40), one = f64(0xf0, 0x3f), three = f64(0x08, 0x40);
  const Bytes arguments = concat({i32(1),
                                  i64(2),
                                  i32(3),
                                  two,
                                  i64(5),
                                  i64(6),
                                  i32(7),
                                  one,
                                  two,
                                  three,
                                  one,
                                  two,
                                  three,
                                  one,
                                  two,
                                  {0x43, 0, 0, 0x40, 0x40},
                                  i64(8),
                                  i64(9)});
  const uint32_t tail = module_.function(plain, concat({arguments, return_call(1)}));
  const uint32_t call = module_.function(plain, concat({arguments, {0x10, 1}}));
  const uint32_t sum = module_.function(plain, concat({i32(40), i64(2), return_call(0)}));
  // Its own frame survives calls that pop nothing of it.
  const uint32_t twice =
      module_.function(plain, concat({{0x10}, leb(tail), {0x10}, leb(call), {0x7d}}));
  module_.export_function("tail", tail);
  module_.export_function("call", call);
  module_.export_function("sum", sum);
  module_.export_function("twice", twice);
  module_.add_export("again", 0x00, 1);
  world_.add("m", module_.bytes());
  constexpr uint64_t kDigits = 123256712312312389;
  EXPECT_EQ(world_.result("m", "tail"), kDigits);
  EXPECT_EQ(world_.result("m", "call"), kDigits);
  EXPECT_EQ(world_.result("m", "sum"), 42U);
  EXPECT_EQ(world_.result("m", "twice"), 0U);
  EXPECT_EQ(host.calls, 5U);

  ModuleBytes other;
  other.import_function("m", "again", other.type(digit_types, {kI64}));
  const uint32_t passed_on =
      other.function(other.type({}, {kI64}), concat({arguments, return_call(0)}));
  other.export_function("tail", passed_on);
  world_.add("other", other.bytes());
  EXPECT_EQ(world_.result("other", "tail"), kDigits);
  std::vector<run::Value> values(18);
  values[4].i64 = 5;
  values[17].i64 = 9;
  ASSERT_TRUE(world_.call("m", "again", values).returned());
  EXPECT_EQ(values[0].i64, 50000000000009U);
}

INSTANTIATE_TEST_SUITE_P(Quality, TailCalls,
                         testing::Values(compile::Quality::kBest, compile::Quality::kNone),
                         [](const auto& info) {
                           return info.param == compile::Quality::kBest ? "Best" : "None";
                         });

}  // namespace
}  // namespace wasmedge::test
