#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "runtime/base/limits.h"
#include "runtime/base/sanitizers.h"
#include "test/unit/compile/guest.h"

// Modules at the limits of what validation lets pass: each must compile within the memory and time
// that the test gives it, and then work.
namespace wasmedge::test {
namespace {

constexpr rlim_t kSeconds = 100;

/// Compiles in a child of limited memory and CPU time, then runs "f" there, expecting `result`.
void expect_survives(const Bytes& module, uint32_t argument, uint32_t result) {
  for (const compile::Quality quality : {compile::Quality::kBest, compile::Quality::kNone}) {
    const pid_t child = fork();
    if (child == 0) {
#if !WASMEDGE_ASAN && !WASMEDGE_TSAN
      // Compiling touches what it needs; the reservations of instantiation are not counted.
      constexpr rlim_t kMemory = rlim_t{4} << 30;
      const rlimit memory{kMemory, kMemory};
      setrlimit(RLIMIT_DATA, &memory);
#endif
      const rlimit seconds{kSeconds, kSeconds};
      setrlimit(RLIMIT_CPU, &seconds);
      Guest guest(module, quality);
      _exit(static_cast<uint32_t>(guest.result("f", {argument})) == result ? 0 : 1);
    }
    int status = 0;
    rusage usage{};
    ASSERT_EQ(wait4(child, &status, 0, &usage), child);
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    printf("%s: %ld.%03ld s CPU, %ld MiB\n", quality == compile::Quality::kBest ? "best" : "none",
           usage.ru_utime.tv_sec, usage.ru_utime.tv_usec / 1000, usage.ru_maxrss >> 10);
  }
}

Bytes one_function(const Bytes& code, const std::vector<Bytes>& locals = {}) {
  ModuleBytes module;
  module.memory({0x00, 1});
  module.export_function("f", module.function(module.type({kI32}, {kI32}), code, locals));
  return module.bytes();
}

TEST(Hostile, FiftyThousandLocals) {
  const uint32_t count = kLimits.locals - 1;
  Bytes code;
  for (uint32_t i = 1; i <= count; ++i) {
    append(code, concat({{0x20}, leb(i - 1), {0x41, 1, 0x6a, 0x21}, leb(i)}));
  }
  append(code, concat({{0x20}, leb(count)}));
  expect_survives(one_function(code, {concat({leb(count), {kI32}})}), 7, 7 + count);
}

TEST(Hostile, DeepBlocks) {
  const uint32_t depth = kLimits.block_nesting - 1;
  Bytes code;
  for (uint32_t i = 0; i < depth; ++i) append(code, {0x02, 0x40});
  append(code, concat({{0x20, 0, 0x0d}, leb(depth - 1), {0x20, 0, 0x0d, 0}}));
  for (uint32_t i = 0; i < depth; ++i) append(code, {0x0b});
  append(code, i32(9));
  expect_survives(one_function(code), 1, 9);
}

TEST(Hostile, DeepLoops) {
  // Each loop goes round while the argument, counted down, is not zero.
  const uint32_t depth = 1000;
  Bytes code;
  for (uint32_t i = 0; i < depth; ++i) append(code, {0x03, 0x40});
  for (uint32_t i = 0; i < depth; ++i) {
    append(code,
           {0x20, 0, 0x45, 0x04, 0x40, 0x05, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 1, 0x0b, 0x0b});
  }
  append(code, {0x20, 0});
  expect_survives(one_function(code), 50, 0);
}

TEST(Hostile, DeepLoopsThatChangeEveryLocal) {
  // In SSA form a phi for each local at each loop: 360,000 from 14 KB.
  const uint32_t depth = 600, locals = 600;
  Bytes code;
  for (uint32_t i = 0; i < depth; ++i) append(code, {0x03, 0x40});
  for (uint32_t k = 1; k <= locals; ++k) {
    append(code, concat({{0x20}, leb(k), {0x41, 1, 0x6a, 0x21}, leb(k)}));
  }
  for (uint32_t i = 0; i < depth; ++i) {
    append(code, {0x20, 0, 0x04, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x21, 0, 0x0c, 1, 0x0b, 0x0b});
  }
  append(code, concat({{0x20}, leb(locals)}));
  expect_survives(one_function(code, {concat({leb(locals), {kI32}})}), 5, 6);
}

TEST(Hostile, LargestBranchTable) {
  const uint32_t targets = kLimits.br_table_targets - 1;
  const uint32_t depth = 1000;
  Bytes code;
  for (uint32_t i = 0; i < depth; ++i) append(code, {0x02, kI32});
  append(code, concat({i32(5), {0x20, 0, 0x0e}, leb(targets)}));
  for (uint32_t i = 0; i < targets; ++i) append(code, leb(i * 7919 % depth));
  append(code, leb(0));
  // What leaves a block gets one more on the way.
  for (uint32_t i = 0; i < depth; ++i) append(code, {0x0b, 0x41, 1, 0x6a});
  // Entry 1 goes to label 919 and passes the ends of 919..999.
  expect_survives(one_function(code), 1, 5 + depth - 919);
}

TEST(Hostile, LongStraightCode) {
  // A chain of 300,000 dependent additions and multiplications in one block.
  Bytes code = {0x20, 0};
  uint32_t expected = 3;
  for (uint32_t i = 0; i < 150'000; ++i) {
    append(code, {0x20, 0, 0x6a, 0x20, 0, 0x6c});
    expected = (expected + 3) * 3;
  }
  expect_survives(one_function(code), 3, expected);
}

TEST(Hostile, ManyStoresInOneBlock) {
  Bytes code;
  for (uint32_t i = 0; i < 60'000; ++i) {
    append(code, concat({{0x20, 0}, {0x20, 0, 0x36, 2}, leb(i)}));
  }
  append(code, {0x20, 0, 0x28, 2, 0});
  expect_survives(one_function(code), 4, 0x04040404);
}

TEST(Hostile, LargestSignature) {
  ModuleBytes module;
  const Bytes thousand(kLimits.parameters, kI32);
  const uint32_t type = module.type(thousand, thousand);
  Bytes code;
  for (uint32_t i = 0; i < kLimits.parameters; ++i) append(code, concat({{0x20}, leb(i)}));
  const uint32_t identity = module.function(type, code);
  Bytes caller;
  for (uint32_t i = 0; i < kLimits.parameters; ++i) append(caller, {0x20, 0});
  append(caller, concat({{0x10}, leb(identity)}));
  for (uint32_t i = 1; i < kLimits.parameters; ++i) append(caller, {0x6a});
  module.export_function("f", module.function(module.type({kI32}, {kI32}), caller));
  expect_survives(module.bytes(), 2, 2000);
}

TEST(Hostile, TwentyThousandFunctions) {
  ModuleBytes module;
  const uint32_t unary = module.type({kI32}, {kI32});
  constexpr uint32_t kCount = 20'000;
  for (uint32_t i = 0; i + 1 < kCount; ++i) {
    module.function(unary, concat({{0x20, 0, 0x41, 1, 0x6a, 0x10}, leb(i + 1)}));
  }
  module.function(unary, {0x20, 0});
  module.export_function("f", 0);
  expect_survives(module.bytes(), 1, kCount);
}

}  // namespace
}  // namespace wasmedge::test
