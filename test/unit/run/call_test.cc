#include <gtest/gtest.h>

#include "test/unit/run/guest.h"
#include "test/unit/run/guest_code.h"

// Guests that call the host, and a host that calls back.
namespace wasmedge::run {
namespace {

struct Host {
  Instance* instance = nullptr;
  Called inner;
  int calls = 0;
  uint64_t deepest = ~uint64_t{0};

  Called run(std::string_view name, std::initializer_list<uint64_t> arguments = {}) {
    return run::run(*instance, name, arguments);
  }
};

uint64_t plus(Host* host, uint64_t a, uint64_t b) {
  ++host->calls;
  return a + b;
}

// Calls the guest's export `inner`, and returns whatever came of it.
uint64_t reenter(Host* host) {
  host->inner = host->run("inner");
  return host->inner.outcome.returned() ? host->inner.result : 1000;
}

// guest -> host -> guest …, `depth` times, then the guest traps.
uint64_t nest(Host* host, uint64_t depth) {
  if (depth == 0) return host->run("trap").outcome.returned() ? 0 : 1;
  const Called called = host->run("nest", {depth - 1});
  return called.outcome.returned() ? called.result + 1 : 1'000'000;
}

void leave(Host*, uint32_t status) {
  exit_guest(status);
}

// Uses up the stack that the guest has left it.
uint64_t exhaust(Host* host, uint64_t depth) {  // NOLINT(misc-no-recursion)
  volatile char frame[4096];
  frame[depth % sizeof(frame)] = static_cast<char>(depth);  // keeps all of the frame
  if (depth == host->deepest) return 0;
  const uint64_t below = exhaust(host, depth + 1);
  return below + static_cast<uint64_t>(frame[depth % sizeof(frame)]);
}

class HostCalls : public testing::Test {
 protected:
  template <typename Function>
  void provide(std::string_view name, const std::vector<wasm::ValueType>& parameters,
               const std::vector<wasm::ValueType>& results, Function function) {
    const uint32_t type = builder_.type(parameters, results);
    imports_.push_back({name, type, host_function(function, &host_)});
  }
  // An export of the same name for every import, which passes its parameters on.
  void make(std::string_view inner) {
    for (const Import& import : imports_) {
      builder_.import_function("host", import.name, import.type);
    }
    const ContextLayout layout = builder_.layout();
    for (uint32_t i = 0; i < imports_.size(); ++i) {
      builder_.exported(imports_[i].name, imports_[i].type, code::call_import(layout.import(i)));
    }
    const uint32_t nothing = imports_[0].type;
    builder_.exported("inner", nothing, inner);
    builder_.exported("trap", nothing, code::trap(1));
    host_.instance = &instantiate(store_, builder_, [this](const ImportRequest& request) {
      std::optional<Extern> found;
      for (const Import& import : imports_) {
        if (import.name == request.name) found = import.function;
      }
      return found;
    });
  }

  struct Import {
    std::string_view name;
    uint32_t type;
    ExternFunction function;
  };
  Store store_;
  Host host_;
  ArtifactBuilder builder_;
  std::vector<Import> imports_;
};

TEST_F(HostCalls, Arguments) {
  provide("plus", {wasm::kI64, wasm::kI64}, {wasm::kI64}, plus);
  make(code::constant42());
  EXPECT_TRUE(host_.run("plus", {1, ~uint64_t{2}}).returned(~uint64_t{1}));
  EXPECT_EQ(host_.calls, 1);
}

TEST_F(HostCalls, NestedEntryReturns) {
  provide("reenter", {}, {wasm::kI64}, reenter);
  make(code::constant42());
  EXPECT_TRUE(host_.run("reenter").returned(42));
}

// The trap ends the inner entry only; the outer guest goes on.
TEST_F(HostCalls, NestedEntryTraps) {
  provide("reenter", {}, {wasm::kI64}, reenter);
  make(code::clobber_and_trap());
  EXPECT_TRUE(host_.run("reenter").returned(1000));
  EXPECT_TRUE(host_.inner.trapped(TrapCode::kUnreachable));
  EXPECT_EQ(host_.inner.outcome.trap.function_name, "inner");
}

TEST_F(HostCalls, NestedEntryOverflowsTheStack) {
  provide("reenter", {}, {wasm::kI64}, reenter);
  make(code::recurse());
  EXPECT_TRUE(host_.run("reenter").returned(1000));
  EXPECT_TRUE(host_.inner.trapped(TrapCode::kStackOverflow));
  EXPECT_TRUE(host_.run("reenter").returned(1000));
}

TEST_F(HostCalls, DeepNesting) {
  provide("nest", {wasm::kI64}, {wasm::kI64}, nest);
  make(code::constant42());
  EXPECT_TRUE(host_.run("nest", {500}).returned(501));
}

TEST_F(HostCalls, ExitEndsTheInnermostEntry) {
  provide("reenter", {}, {wasm::kI64}, reenter);
  provide("leave", {wasm::kI32}, {}, leave);
  // The export `inner` calls the import `leave` with the 7 that it puts in rsi.
  ContextCounts counts;
  counts.types = 2;
  counts.imported_functions = 2;
  make(code::bytes("be07000000") + code::call_import(ContextLayout(counts).import(1)));
  EXPECT_TRUE(host_.run("reenter").returned(1000));
  EXPECT_EQ(host_.inner.outcome.kind, Outcome::Kind::kExited);
  EXPECT_EQ(host_.inner.outcome.exit_status, 7u);
  const Called called = host_.run("leave", {0xffffffff});
  EXPECT_EQ(called.outcome.kind, Outcome::Kind::kExited);
  EXPECT_EQ(called.outcome.exit_status, 0xffffffffu);
}

// The host function runs into the guard, not the guest: a trap all the same, and no damage.
TEST_F(HostCalls, HostCodeOverflowsTheGuestsStack) {
  provide("exhaust", {wasm::kI64}, {wasm::kI64}, exhaust);
  make(code::constant42());
  for (int i = 0; i < 3; ++i) {
    const Called called = host_.run("exhaust", {0});
    EXPECT_TRUE(called.trapped(TrapCode::kStackOverflow));
    EXPECT_EQ(to_string(called.outcome.trap), "trap: call stack exhausted");
    EXPECT_TRUE(host_.run("inner").outcome.returned());
  }
}

}  // namespace
}  // namespace wasmedge::run
