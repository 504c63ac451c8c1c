#include "test/unit/compile/guest.h"

namespace wasmedge::test {
namespace {

constexpr uint64_t kPlenty = 1'000'000'000;

Bytes get(uint32_t local) {
  return concat({{0x20}, leb(local)});
}

class Fuel : public BothQualities {
 protected:
  Guest metered() { return Guest(build(module_.bytes(), GetParam(), /*metered=*/true)); }

  // What a call uses up that has plenty.
  uint64_t cost(std::initializer_list<uint64_t> arguments = {}) {
    Guest guest = metered();
    guest.store().set_fuel(kPlenty);
    guest.result("f", arguments);
    return kPlenty - guest.store().fuel();
  }

  void expect_out_of_fuel(uint64_t fuel) {
    Guest guest = metered();
    guest.store().set_fuel(fuel);
    EXPECT_EQ(guest.trap("f").code, run::TrapCode::kOutOfFuel);
    EXPECT_EQ(guest.store().fuel(), 0U);
  }

  ModuleBytes module_;
  uint32_t value_ = module_.type({}, {kI32});
  uint32_t unary_ = module_.type({kI32}, {kI32});
};

// local.get 0, i32.const 1, i32.sub, local.tee 0, br_if 0
Bytes count_down() {
  return concat({get(0), i32(1), {0x6b}, {0x22, 0x00}, {0x0d, 0x00}});
}

// Each instruction costs one, those of a loop's body in every turn.
TEST_P(Fuel, IsTheNumberOfInstructions) {
  module_.export_function(
      "f", module_.function(unary_, concat({{0x03, 0x40}, count_down(), {0x0b}, i32(5)})));
  // loop; the body's five instructions n times; end, i32.const, end.
  for (const uint64_t n : {1, 2, 10, 1000}) EXPECT_EQ(cost({n}), 1 + 5 * n + 3) << n;
}

TEST_P(Fuel, OfTheBranchThatIsTaken) {
  module_.export_function(
      "f",
      module_.function(
          unary_, concat({get(0), {0x04, kI32}, i32(1), i32(2), {0x6a}, {0x05}, i32(3), {0x0b}})));
  EXPECT_EQ(cost({1}), 2U + 4 + 1) << "up to if; up to else; the function's end";
  EXPECT_EQ(cost({0}), 2U + 2 + 1) << "up to if; up to end; the function's end";
}

TEST_P(Fuel, EndsALoop) {
  module_.export_function("f", module_.function(value_, {0x03, 0x40, 0x0c, 0x00, 0x0b, 0x00}));
  for (const uint64_t fuel : {0, 1, 2, 1000, 1'000'000}) expect_out_of_fuel(fuel);
}

TEST_P(Fuel, EndsRecursion) {
  module_.export_function("f", module_.function(value_, concat({{0x10, 0x00}, i32(1), {0x6a}})));
  expect_out_of_fuel(1000);
}

TEST_P(Fuel, EndsALoopOfTailCalls) {
  module_.export_function("f", module_.function(value_, {0x12, 0x00}));
  expect_out_of_fuel(10'000'000);
}

TEST_P(Fuel, EndsALoopOfExceptions) {
  const uint32_t tag = module_.tag(module_.type({}, {}));
  const uint32_t thrower = module_.function(module_.type({}, {}), concat({{0x08}, leb(tag)}));
  // loop: block, try_table (catch_all 0): call thrower; end, end; br 0
  module_.export_function(
      "f", module_.function(value_, concat({{0x03, 0x40, 0x02, 0x40, 0x1f, 0x40, 1, 0x02, 0},
                                            {0x10},
                                            leb(thrower),
                                            {0x0b, 0x0b, 0x0c, 0x00, 0x0b, 0x00}})));
  expect_out_of_fuel(100'000);
}

// What a callee uses is gone for its caller, exceptions included.
TEST_P(Fuel, IsSharedByFunctions) {
  const uint32_t callee =
      module_.function(unary_, concat({{0x03, 0x40}, count_down(), {0x0b}, i32(5)}));
  module_.export_function(
      "f", module_.function(
               unary_, concat({get(0), {0x10}, leb(callee), {0x1a}, get(0), {0x10}, leb(callee)})));
  EXPECT_EQ(cost({100}), 6U + 2 * (4 + 500));
}

TEST_P(Fuel, BulkOperationsCostBySize) {
  module_.memory({0x00, 0x10});
  module_.export_function(
      "f", module_.function(unary_, concat({i32(0), i32(7), get(0), {0xfc, 0x0b, 0x00}, i32(1)})));
  EXPECT_EQ(cost({0}), 6U);
  EXPECT_EQ(cost({65536}), 6U + 65536 / 32);
  Guest guest = metered();
  guest.store().set_fuel(1000);
  EXPECT_EQ(guest.trap("f", {65536}).code, run::TrapCode::kOutOfFuel);
}

// The same fuel is the same end, down to the instruction; one more unit may go further, but never
// less far.
TEST_P(Fuel, EndsAtTheSamePointAlways) {
  module_.memory({0x00, 0x01});
  // Counts its turns in memory.
  module_.export_function("f", module_.function(value_, concat({{0x03, 0x40},
                                                                i32(0),
                                                                i32(0),
                                                                {0x28, 0x02, 0x00},
                                                                i32(1),
                                                                {0x6a},
                                                                {0x36, 0x02, 0x00},
                                                                {0x0c, 0x00, 0x0b, 0x00}})));
  module_.export_function("turns", module_.function(value_, concat({i32(0), {0x28, 0x02, 0x00}})));
  const auto turns = [this](uint64_t fuel) {
    Guest guest = metered();
    guest.store().set_fuel(fuel);
    EXPECT_EQ(guest.trap("f").code, run::TrapCode::kOutOfFuel);
    guest.store().set_fuel(kPlenty);
    return guest.result("turns");
  };
  for (const uint64_t fuel : {0, 6, 7, 8, 9, 700, 701, 7001}) {
    EXPECT_EQ(turns(fuel), fuel == 0 ? 0 : (fuel - 1) / 7) << fuel;
  }
}

TEST_P(Fuel, EnoughIsNoHindrance) {
  module_.export_function(
      "f", module_.function(unary_, concat({{0x03, 0x40}, count_down(), {0x0b}, i32(5)})));
  const uint64_t needed = cost({1000});
  Guest guest = metered();
  guest.store().set_fuel(needed);
  EXPECT_EQ(guest.result("f", {1000}), 5U);
  guest.store().set_fuel(needed - 10);
  EXPECT_EQ(guest.trap("f", {1000}).code, run::TrapCode::kOutOfFuel);
}

TEST_P(Fuel, IsUnlimitedAtFirstAndNothingToOtherCode) {
  module_.export_function("f", module_.function(value_, i32(5)));
  Guest with = metered();
  EXPECT_EQ(with.result("f"), 5U);
  Guest without(module_.bytes(), GetParam());
  without.store().set_fuel(0);
  EXPECT_EQ(without.result("f"), 5U);
}

INSTANTIATE_TEST_SUITE_P(Qualities, Fuel,
                         testing::Values(compile::Quality::kBest, compile::Quality::kNone));

}  // namespace
}  // namespace wasmedge::test
