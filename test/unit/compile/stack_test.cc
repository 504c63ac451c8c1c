#include <fmt/format.h>

#include "test/unit/compile/guest.h"

// What compiled code calls runs on the guest's stack. Wherever that ends, it is a trap.
namespace wasmedge::test {
namespace {

using run::TrapCode;
class Stack : public BothQualities {};

struct Routine {
  const char* name;
  Bytes code;  // leaves nothing on the stack
};

std::vector<Routine> routines() {
  const Bytes zero = i32(0), one = i32(1), drop = {0x1a};
  const Bytes three = concat({zero, zero, one});
  return {
      {"memory.grow", concat({zero, {0x40, 0}, drop})},
      {"memory.fill", concat({three, {0xfc, 11, 0}})},
      {"memory.copy", concat({three, {0xfc, 10, 0, 0}})},
      {"memory.init", concat({three, {0xfc, 8, 0, 0}})},
      {"data.drop", {0xfc, 9, 1}},
      {"wait", concat({zero, one, i64(0), {0xfe, 1, 2, 0}, drop})},
      {"notify", concat({zero, one, {0xfe, 0, 2, 0}, drop})},
      {"table.grow", concat({{0xd0, 0x70}, zero, {0xfc, 15, 0}, drop})},
      {"table.fill", concat({zero, {0xd0, 0x70}, one, {0xfc, 17, 0}})},
      {"table.copy", concat({three, {0xfc, 14, 0, 0}})},
      {"table.init", concat({three, {0xfc, 12, 0, 0}})},
      {"elem.drop", {0xfc, 13, 1}},
      {"ref.func", concat({{0xd2, 0}, drop})},
      // A try_table that catches what it throws another function to throw.
      {"throw", {0x02, 0x40, 0x1f, 0x40, 1, 2, 0, 0x10, 0, 0x0b, 0x0b}},
      // A call_indirect by a supertype asks whether the function's type is below it.
      {"subtype", concat({zero, {0x11, 1, 1}})},
  };
}

TEST_P(Stack, EndsInAnyRoutine) {
  ModuleBytes module;
  const uint32_t nothing = module.type({}, {});
  module.memory({0x03, 1, 1});  // shared, so that waiting is possible
  module.table({0x70, 0x00, 4});
  module.table({0x70, 0x00, 1});
  module.tag(nothing);
  module.function(nothing, {0x08, 0});  // function 0 throws
  module.element({0x01, 0x00, 1, 0});
  module.element({0x01, 0x00, 1, 0});
  module.element({0x02, 1, 0x41, 0, 0x0b, 0x00, 1, 1});  // table 1 has a function of a subtype
  module.data({0x01, 1, 'x'});
  module.data({0x01, 1, 'x'});
  // Types 1 and 2: an open type, and one below it.
  module.raw_type({0x50, 0x00, 0x60, 0x00, 0x00});
  module.raw_type({0x50, 0x01, 0x01, 0x60, 0x00, 0x00});
  module.function(2, {});
  // Each calls itself between two calls of the routine; a parameter moves the stack's end about.
  const uint32_t odd = module.type({kI64}, {});
  uint32_t function = 2;
  for (const Routine& routine : routines()) {
    module.export_function(
        routine.name,
        module.function(odd, concat({routine.code, {0x20, 0, 0x10}, leb(function), routine.code})));
    ++function;
  }
  Guest guest(module.bytes(), GetParam());
  for (const Routine& routine : routines()) {
    for (int again = 0; again < 2; ++again) {
      EXPECT_EQ(guest.trap(routine.name, {7}).code, TrapCode::kStackOverflow) << routine.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Quality, Stack,
                         testing::Values(compile::Quality::kBest, compile::Quality::kNone),
                         [](const auto& info) {
                           return info.param == compile::Quality::kBest ? "Best" : "None";
                         });

}  // namespace
}  // namespace wasmedge::test
