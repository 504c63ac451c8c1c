#include <algorithm>
#include <string>

#include "runtime/run/host.h"
#include "test/unit/compile/guest.h"

namespace wasmedge::test {
namespace {

Bytes get(uint32_t local) {
  return concat({{0x20}, leb(local)});
}
Bytes call(uint32_t function) {
  return concat({{0x10}, leb(function)});
}

constexpr uint32_t kHost = run::kNoFunction;

std::vector<uint32_t> functions_of(const run::TrapReport& report) {
  std::vector<uint32_t> functions;
  for (const run::TrapFrame& frame : report.frames) functions.push_back(frame.function);
  return functions;
}

class Backtrace : public BothQualities {
 protected:
  Backtrace() : world_(GetParam()) {}

  // [i32] -> [i32], each with a frame of another shape: the `kind`th calls `callee` and uses what
  // it has before.
  uint32_t caller(unsigned kind, uint32_t callee) {
    const uint32_t type = module_.type({kI32}, {kI32});
    Bytes before, after;
    for (unsigned i = 0; i < kind * 3; ++i) {
      append(before, concat({get(0), i32(static_cast<int32_t>(i) + 3), {0x6c}}));  // mul
      append(after, {0x6a});                                                       // add
    }
    return module_.function(type, concat({before, get(0), call(callee), after}));
  }

  World world_;
  ModuleBytes module_;
};

TEST_P(Backtrace, ListsFramesOfAllShapes) {
  const uint32_t type = module_.type({kI32}, {kI32});
  uint32_t callee = module_.function(type, concat({get(0), i32(1), {0x6d}, {0x1a, 0x00}}));
  std::vector<uint32_t> expected = {callee};
  for (unsigned kind = 0; kind < 12; ++kind) {
    callee = caller(kind, callee);
    expected.push_back(callee);
  }
  module_.export_function("f", callee);
  world_.add("m", module_.bytes());
  const run::TrapReport trap = world_.trap("m", "f", {7});
  EXPECT_EQ(trap.code, run::TrapCode::kUnreachable);
  EXPECT_EQ(functions_of(trap), expected);
  EXPECT_EQ(trap.omitted, 0U);
  for (const run::TrapFrame& frame : trap.frames) EXPECT_NE(frame.wasm_offset, 0U);
}

// Wherever in a leaf a trap is: in a function without a frame, or before one is made.
TEST_P(Backtrace, FindsTheCallerOfLeaves) {
  const uint32_t type = module_.type({kI32}, {kI32});
  module_.memory({0x00, 0x01});
  const uint32_t load = module_.function(type, concat({get(0), {0x28, 0x02, 0x00}}));
  const uint32_t divide = module_.function(type, concat({i32(1), get(0), {0x6e}}));
  // Calls itself unless it traps at once.
  const uint32_t early = module_.function(
      type, concat({get(0), {0x45, 0x04, 0x40, 0x00, 0x0b}, get(0), call(2), get(0), {0x6a}}));
  const std::pair<uint32_t, uint32_t> cases[] = {{load, 0xffffffff}, {divide, 0}, {early, 0}};
  uint32_t number = 0;
  for (const auto& [leaf, argument] : cases) {
    module_.export_function("f" + std::to_string(number++), caller(2, leaf));
  }
  world_.add("m", module_.bytes());
  number = 0;
  for (const auto& [leaf, argument] : cases) {
    const run::TrapReport trap = world_.trap("m", "f" + std::to_string(number), {argument});
    EXPECT_EQ(functions_of(trap), (std::vector<uint32_t>{leaf, 3 + number})) << leaf;
    ++number;
  }
}

TEST_P(Backtrace, LeavesOutTheMiddleOfDeepStacks) {
  const uint32_t type = module_.type({kI32}, {kI32});
  const uint32_t self = module_.function(type, concat({get(0), call(0), get(0), {0x6a}}));
  module_.export_function("f", caller(1, self));
  world_.add("m", module_.bytes());
  const run::TrapReport trap = world_.trap("m", "f", {1});
  EXPECT_EQ(trap.code, run::TrapCode::kStackOverflow);
  ASSERT_EQ(trap.frames.size(), 25U);
  EXPECT_EQ(trap.omitted_behind, 20U);
  EXPECT_GT(trap.omitted, 50'000U);
  EXPECT_EQ(trap.frames[19].function, self);
  EXPECT_EQ(trap.frames.back().function, 1U);
  const std::string text = run::format_backtrace(trap);
  EXPECT_EQ(std::ranges::count(text, '\n'), 26);
  EXPECT_NE(text.find("\n  … " + std::to_string(trap.omitted) + " frames …\n"), std::string::npos);
  EXPECT_NE(text.find("\n  #" + std::to_string(trap.omitted + 24) + " function 1 at artifact+0x"),
            std::string::npos)
      << text;
}

TEST_P(Backtrace, OfTrapsInRoutinesOfTheRuntime) {
  const uint32_t type = module_.type({kI32}, {kI32});
  module_.memory({0x00, 0x01});
  const uint32_t fill =
      module_.function(type, concat({get(0), i32(1), i32(100), {0xfc, 0x0b, 0x00}, get(0)}));
  module_.export_function("f", caller(3, fill));
  world_.add("m", module_.bytes());
  const run::TrapReport trap = world_.trap("m", "f", {65500});
  EXPECT_EQ(trap.code, run::TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(functions_of(trap), (std::vector<uint32_t>{fill, 1}));
}

TEST_P(Backtrace, OfUncaughtExceptions) {
  const uint32_t type = module_.type({kI32}, {kI32});
  const uint32_t tag = module_.tag(module_.type({}, {}));
  const uint32_t thrower = module_.function(type, concat({{0x08}, leb(tag)}));
  module_.export_function("f", caller(2, caller(1, thrower)));
  world_.add("m", module_.bytes());
  const run::TrapReport trap = world_.trap("m", "f", {1});
  EXPECT_EQ(trap.code, run::TrapCode::kUncaughtException);
  EXPECT_EQ(functions_of(trap), (std::vector<uint32_t>{0, 1, 2}));
}

// A tail call leaves nothing on the stack.
TEST_P(Backtrace, OfTailCalls) {
  const uint32_t type = module_.type({kI32}, {kI32});
  const uint32_t last = module_.function(type, {0x00});
  const uint32_t tail = module_.function(type, concat({get(0), {0x12}, leb(last)}));
  module_.export_function("f", caller(2, tail));
  world_.add("m", module_.bytes());
  EXPECT_EQ(functions_of(world_.trap("m", "f", {1})), (std::vector<uint32_t>{last, 2}));
}

struct Nested {
  World* world;
  run::TrapReport trap;
};
uint32_t enter(Nested* nested, uint32_t value) {
  nested->trap = nested->world->trap("m", "inner", {value});
  return 5;
}

// The host enters the guest again: its frames are between those of the guest.
TEST_P(Backtrace, ThroughTheHost) {
  Nested nested{&world_, {}};
  world_.provide("enter", run::host_function(enter, &nested));
  const uint32_t type = module_.type({kI32}, {kI32});
  const uint32_t import = module_.import_function("host", "enter", type);
  const uint32_t trap = module_.function(type, {0x00});
  const uint32_t inner = module_.export_function("inner", caller(1, trap));
  const uint32_t middle = caller(4, import);
  const uint32_t outer = module_.export_function("outer", caller(2, middle));
  world_.add("m", module_.bytes());
  EXPECT_NE(world_.result("m", "outer", {1}), 0U);
  EXPECT_EQ(functions_of(nested.trap), (std::vector<uint32_t>{trap, inner, kHost, middle, outer}));
  EXPECT_NE(run::format_backtrace(nested.trap).find("\n  #2 the host\n"), std::string::npos);
}

// Frames of several modules.
TEST_P(Backtrace, AcrossInstances) {
  ModuleBytes other;
  const uint32_t type = other.type({kI32}, {kI32});
  other.export_function("trap", other.function(type, {0x00}));
  world_.add("other", other.bytes());
  const uint32_t own = module_.type({kI32}, {kI32});
  const uint32_t import = module_.import_function("other", "trap", own);
  module_.export_function("f", caller(2, import));
  world_.add("m", module_.bytes());
  EXPECT_EQ(functions_of(world_.trap("m", "f", {1})), (std::vector<uint32_t>{0, 1}));
}

INSTANTIATE_TEST_SUITE_P(Qualities, Backtrace,
                         testing::Values(compile::Quality::kBest, compile::Quality::kNone));

}  // namespace
}  // namespace wasmedge::test
