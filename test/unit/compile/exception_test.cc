#include "runtime/base/limits.h"
#include "runtime/run/host.h"
#include "test/unit/compile/guest.h"

namespace wasmedge::test {
namespace {

constexpr uint8_t kExnref = 0x69;

Bytes get(uint32_t local) {
  return concat({{0x20}, leb(local)});
}
Bytes call(uint32_t function) {
  return concat({{0x10}, leb(function)});
}
Bytes throw_(uint32_t tag) {
  return concat({{0x08}, leb(tag)});
}
/// block (result `type`) try_table (`clause`) body end, unreachable; what the clause gives.
Bytes caught(uint8_t type, const Bytes& clause, const Bytes& body) {
  return concat({{0x02, type, 0x1f, 0x40, 1}, clause, body, {0x0b, 0x00, 0x0b}});
}

class Exceptions : public BothQualities {
 protected:
  Exceptions() : world_(GetParam()) {}
  World world_;
  ModuleBytes module_;
};

// f(n): n calls deep, then throws n.
uint32_t add_deep_thrower(ModuleBytes& module, uint32_t tag) {
  const uint32_t type = module.type({kI32, kI32}, {kI32});
  const uint32_t self = module.function(type, concat({get(0),
                                                      {0x45, 0x04, 0x40},
                                                      get(1),
                                                      throw_(tag),
                                                      {0x0b},
                                                      get(0),
                                                      i32(1),
                                                      {0x6b},
                                                      get(1),
                                                      {0x10, 0x00},
                                                      i32(1),
                                                      {0x6a}}));
  return self;
}

TEST_P(Exceptions, UnwindDeepStacks) {
  const uint32_t tag = module_.tag(module_.type({kI32}, {}));
  const uint32_t deep = add_deep_thrower(module_, tag);
  const uint32_t unary = module_.type({kI32}, {kI32});
  module_.export_function(
      "f", module_.function(
               unary, caught(kI32, {0x00, 0, 0}, concat({get(0), i32(77), call(deep), {0x1a}}))));
  world_.add("m", module_.bytes());
  for (const uint32_t depth : {0, 1, 1000, 50'000}) {
    EXPECT_EQ(static_cast<uint32_t>(world_.result("m", "f", {depth})), 77U) << depth;
  }
}

// Operands beneath a try, and beneath the label that its clause names, stay what they are; clauses
// in dead code are nobody's.
TEST_P(Exceptions, BuriedHandlers) {
  const uint32_t tag = module_.tag(module_.type({kI32}, {}));
  const uint32_t unary = module_.type({kI32}, {kI32});
  const uint32_t thrower = module_.function(unary, concat({get(0), throw_(tag)}));
  const Bytes inner =
      concat({i32(1000),
              caught(kI32, {0x00, 0, 1}, concat({i32(7), get(0), call(thrower), {0x1a, 0x1a}})),
              {0x6a}});
  const Bytes body = concat({i32(100), {0x02, kI32}, inner, {0x0b, 0x6a}});
  module_.export_function("f", module_.function(unary, body));
  const Bytes dead = concat({{0x02, kI32},
                             get(0),
                             {0x0c, 0},
                             caught(kI32, {0x00, 0, 0}, concat({get(0), call(thrower), {0x1a}})),
                             {0x06, 0x40, 0x06, 0x40, 0x18, 0, 0x07, 0, 0x1a, 0x19, 0x0b, 0x0b}});
  module_.export_function("dead", module_.function(unary, dead));
  // In a try whose body cannot throw, handlers are dead, too.
  module_.export_function(
      "quiet",
      module_.function(
          unary,
          concat({{0x06, kI32}, get(0), {0x07, 0, 0x09, 0, 0x19, 0x02, kI32, 0x00, 0x0b, 0x0b}})));
  world_.add("m", module_.bytes());
  EXPECT_EQ(static_cast<uint32_t>(world_.result("m", "f", {5})), 105U);
  EXPECT_EQ(static_cast<uint32_t>(world_.result("m", "dead", {6})), 6U);
  EXPECT_EQ(static_cast<uint32_t>(world_.result("m", "quiet", {8})), 8U);
}

// What a frame kept in registers or on its stack is there again in its handler.
TEST_P(Exceptions, LocalsSurvive) {
  const uint32_t tag = module_.tag(module_.type({kI32}, {}));
  const uint32_t deep = add_deep_thrower(module_, tag);
  const Bytes many(12, kI64);
  const uint32_t type = module_.type(many, {kI64});
  Bytes sum = {0xac};  // the exception's value, wide
  for (uint32_t i = 0; i < 12; ++i) append(sum, concat({get(i), i64(i + 1), {0x7e, 0x7c}}));
  module_.export_function(
      "f",
      module_.function(
          type, concat({caught(kI32, {0x00, 0, 0}, concat({i32(20), i32(5), call(deep), {0x1a}})),
                        sum})));
  world_.add("m", module_.bytes());
  EXPECT_EQ(world_.result("m", "f", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}), 650U + 5);
}

// Nothing accumulates: neither of what is dropped nor of what escapes and is forgotten.
TEST_P(Exceptions, AreCollected) {
  const uint32_t tag = module_.tag(module_.type({kI64}, {}));
  const uint32_t plain = module_.type({}, {});
  const uint32_t thrower = module_.function(plain, concat({i64(1), throw_(tag)}));
  module_.table({kExnref, 0x00, 1});
  // loop: table[0] = catch_all_ref of thrower(); until parameter 0 is zero
  const Bytes body = concat({{0x03, 0x40},
                             i32(0),
                             caught(kExnref, {0x03, 0}, call(thrower)),
                             {0x26, 0},
                             get(0),
                             i32(1),
                             {0x6b, 0x22, 0, 0x0d, 0, 0x0b}});
  module_.export_function("f", module_.function(module_.type({kI32}, {}), body));
  world_.add("m", module_.bytes());
  world_.result("m", "f", {1'000'000});
  EXPECT_LT(world_.store().exceptions().count(), 10'000U);
}

// References in a table, a global and another exception keep exceptions alive; too many of them are
// a trap.
TEST_P(Exceptions, AreKeptWhileReachable) {
  const uint32_t number = module_.tag(module_.type({kI32}, {}));
  const uint32_t nest = module_.tag(module_.type({kExnref}, {}));
  const uint32_t unary = module_.type({kI32}, {kExnref});
  const uint32_t make =
      module_.function(unary, caught(kExnref, {0x03, 0}, concat({get(0), throw_(number)})));
  const uint32_t wrap =
      module_.function(module_.type({kExnref}, {kExnref}),
                       caught(kExnref, {0x03, 0}, concat({get(0), throw_(nest)})));
  module_.table({kExnref, 0x00, 100});
  module_.global(kExnref, true, {0xd0, kExnref});
  const Bytes next = concat({get(0), i32(1), {0x6a, 0x22, 0}});
  const auto loop = [&](const Bytes& step, int32_t until) {
    return concat({{0x03, 0x40}, step, next, i32(until), {0x48, 0x0d, 0, 0x0b}});
  };
  // table[i] = wrap(make(i)) for the first 100; global = wrap(make(1234)); then much garbage.
  const uint32_t none = module_.type({kI32}, {});
  const uint32_t fill = module_.function(
      none, concat({loop(concat({get(0), get(0), call(make), call(wrap), {0x26, 0}}), 100),
                    i32(1234),
                    call(make),
                    call(wrap),
                    {0x24, 0},
                    loop(concat({get(0), call(make), {0x1a}}), 300'000)}));
  // unwrap(e): the number in the exception in the exception.
  const Bytes inner = concat({caught(kExnref, {0x00, 1, 0}, concat({get(0), {0x0a}})), {0x0a}});
  const uint32_t unwrap =
      module_.function(module_.type({kExnref}, {kI32}), caught(kI32, {0x00, 0, 0}, inner));
  module_.export_function("fill", fill);
  module_.export_function("table", module_.function(module_.type({kI32}, {kI32}),
                                                    concat({get(0), {0x25, 0}, call(unwrap)})));
  module_.export_function(
      "global", module_.function(module_.type({}, {kI32}), concat({{0x23, 0}, call(unwrap)})));
  // global = wrap(global) forever
  module_.export_function(
      "chain", module_.function(
                   none, concat({{0x03, 0x40, 0x23, 0}, call(wrap), {0x24, 0, 0x0c, 0, 0x0b}})));
  world_.add("m", module_.bytes());
  world_.result("m", "fill", {0});
  for (const uint32_t i : {0U, 50U, 99U}) {
    EXPECT_EQ(static_cast<uint32_t>(world_.result("m", "table", {i})), i);
  }
  EXPECT_EQ(static_cast<uint32_t>(world_.result("m", "global")), 1234U);
  EXPECT_EQ(world_.trap("m", "chain", {0}).code, run::TrapCode::kOutOfMemory);
}

TEST_P(Exceptions, UncaughtIsATrapWithTheTagsName) {
  const uint32_t tag = module_.tag(module_.type({kI32}, {}));
  module_.add_export("oops", 0x04, tag);
  const uint32_t deep = add_deep_thrower(module_, tag);
  module_.export_function("f", deep);
  world_.add("m", module_.bytes());
  const run::TrapReport trap = world_.trap("m", "f", {10, 1});
  EXPECT_EQ(trap.code, run::TrapCode::kUncaughtException);
  EXPECT_EQ(trap.function, deep);
  EXPECT_NE(run::to_string(trap).find("uncaught exception with tag $oops in function"),
            std::string::npos)
      << run::to_string(trap);
}

// Frames of a module that knows nothing of exceptions are passed, handlers of another are found.
TEST_P(Exceptions, CrossInstances) {
  ModuleBytes a;
  const uint32_t tag = a.tag(a.type({kI32}, {}));
  a.add_export("tag", 0x04, tag);
  a.export_function("throw", a.function(a.type({kI32}, {}), concat({get(0), throw_(tag)})));
  world_.add("a", a.bytes());

  ModuleBytes b;
  const uint32_t type = b.type({kI32}, {});
  b.import_function("a", "throw", type);
  b.export_function("pass", b.function(type, concat({get(0), call(0)})));
  world_.add("b", b.bytes());

  const uint32_t pass = module_.type({kI32}, {});
  module_.import_function("b", "pass", pass);
  module_.import_tag("a", "tag", pass);
  const uint32_t own = module_.tag(pass);
  const Bytes body = caught(kI32, concat({{0x00}, leb(own), {0}}), concat({get(0), call(0)}));
  module_.export_function("f",
                          module_.function(module_.type({kI32}, {kI32}),
                                           caught(kI32, {0x00, 0, 0}, concat({body, {0x1a}}))));
  world_.add("m", module_.bytes());
  EXPECT_EQ(static_cast<uint32_t>(world_.result("m", "f", {33})), 33U);
}

struct Host {
  World* world;
  run::TrapReport trap;
};
uint32_t enter(Host* host) {
  host->trap = host->world->trap("m", "throw");
  return 5;
}

// A host function that enters the guest again gets the trap: its frame is not unwound.
TEST_P(Exceptions, StopAtTheHost) {
  Host host{&world_, {}};
  world_.provide("enter", run::host_function(enter, &host));
  const uint32_t plain = module_.type({}, {});
  const uint32_t value = module_.type({}, {kI32});
  module_.import_function("host", "enter", value);
  const uint32_t tag = module_.tag(plain);
  module_.export_function("throw", module_.function(plain, throw_(tag)));
  module_.export_function(
      "f",
      module_.function(
          value,
          concat({{0x02, 0x40, 0x1f, 0x40, 1, 0x02, 0}, call(0), {0x0f, 0x0b, 0x0b}, i32(6)})));
  world_.add("m", module_.bytes());
  EXPECT_EQ(static_cast<uint32_t>(world_.result("m", "f")), 5U);
  EXPECT_EQ(host.trap.code, run::TrapCode::kUncaughtException);
}

// Traps are no exceptions, also those of a stack that is used up within a try; and throwing works
// afterwards.
TEST_P(Exceptions, DoNotCatchTraps) {
  const uint32_t plain = module_.type({}, {});
  const uint32_t tag = module_.tag(plain);
  const Bytes all = {0x02, 0x40, 0x1f, 0x40, 1, 0x02, 0};
  module_.function(plain, concat({all, call(0), {0x0b, 0x0b}}));
  module_.export_function("overflow", 0);
  // Throws at every depth until there is no room left to throw.
  module_.function(plain, concat({all, call(2), {0x0b, 0x0b}, call(1)}));
  module_.function(plain, throw_(tag));
  module_.export_function("throw_till_overflow", 1);
  module_.export_function("trap", module_.function(plain, concat({all, {0x00, 0x0b, 0x0b}})));
  module_.export_function("throw", module_.function(plain, concat({all, call(2), {0x0b, 0x0b}})));
  world_.add("m", module_.bytes());
  EXPECT_EQ(world_.trap("m", "overflow").code, run::TrapCode::kStackOverflow);
  EXPECT_EQ(world_.trap("m", "throw_till_overflow").code, run::TrapCode::kStackOverflow);
  EXPECT_EQ(world_.trap("m", "trap").code, run::TrapCode::kUnreachable);
  world_.result("m", "throw");
}

// try … delegate to the caller, and rethrow, of the legacy encoding.
TEST_P(Exceptions, Legacy) {
  const uint32_t tag = module_.tag(module_.type({kI32}, {}));
  const uint32_t deep = add_deep_thrower(module_, tag);
  const Bytes thrown = concat({i32(3), get(0), call(deep)});
  const uint32_t unary = module_.type({kI32}, {kI32});
  // try (try (deep) delegate 1) catch -1: the delegate leaves the function
  const uint32_t delegates = module_.function(
      unary,
      concat(
          {{0x06, kI32, 0x06, kI32}, thrown, {0x18, 1, 0x07}, leb(tag), {0x1a}, i32(-1), {0x0b}}));
  // try (delegates) catch: try (throw another) catch: rethrow of the first
  const uint32_t rethrows = module_.function(unary, concat({{0x06, kI32},
                                                            get(0),
                                                            call(delegates),
                                                            {0x07},
                                                            leb(tag),
                                                            {0x1a, 0x06, kI32},
                                                            i32(1),
                                                            throw_(tag),
                                                            {0x07},
                                                            leb(tag),
                                                            {0x1a, 0x09, 1, 0x0b, 0x0b}}));
  module_.export_function(
      "f", module_.function(
               unary, concat({{0x06, kI32}, get(0), call(rethrows), {0x07}, leb(tag), {0x0b}})));
  world_.add("m", module_.bytes());
  EXPECT_EQ(static_cast<uint32_t>(world_.result("m", "f", {40})), 40U);
}

INSTANTIATE_TEST_SUITE_P(Quality, Exceptions,
                         testing::Values(compile::Quality::kBest, compile::Quality::kNone),
                         [](const auto& info) {
                           return info.param == compile::Quality::kBest ? "Best" : "None";
                         });

}  // namespace
}  // namespace wasmedge::test
