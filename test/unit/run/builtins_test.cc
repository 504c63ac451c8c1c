#include "runtime/run/builtins.h"

#include <gtest/gtest.h>

#include "test/unit/run/guest.h"
#include "test/unit/run/guest_code.h"

namespace wasmedge::run {
namespace {

constexpr uint64_t kMost32 = 0xffffffff;
constexpr uint64_t kMost64 = ~uint64_t{0};

// A guest whose exports are the builtins, with 64-bit operands where the ABI has them.
class BuiltinsTest : public testing::Test {
 protected:
  void SetUp() override {
    ArtifactBuilder builder;
    const uint32_t type = builder.type(std::vector(5, wasm::kI64), {wasm::kI64});
    builder.memory(1, 3);
    builder.table(4, 6);
#define X(name, result, parameters) \
  builder.exported(#name, type, code::call_builtin(offsetof(Builtins, name)));
    WASMEDGE_BUILTINS(X)
#undef X
    builder.exported("load", type, code::load());
    builder.element(wasm::SegmentMode::kPassive, 0, {}, {0, 1, ~0u});
    builder.data(wasm::SegmentMode::kPassive, 0, {}, "hello");
    builder.add_export("memory", wasm::ExternKind::kMemory, 0);
    builder.add_export("table", wasm::ExternKind::kTable, 0);
    instance_ = &instantiate(store_, builder);
    memory_ = instance_->find_memory("memory");
    table_ = std::get<Table*>(instance_->find_export("table").value());
  }
  Called run(std::string_view name, std::initializer_list<uint64_t> arguments) {
    return run::run(*instance_, name, arguments);
  }
  bool is_memory_trap(std::string_view name, std::initializer_list<uint64_t> arguments) {
    const Called called = run(name, arguments);
    return called.trapped(TrapCode::kMemoryOutOfBounds) &&
           called.outcome.trap.function_name == name;
  }
  bool is_table_trap(std::string_view name, std::initializer_list<uint64_t> arguments) {
    const Called called = run(name, arguments);
    return called.trapped(TrapCode::kTableOutOfBounds) && called.outcome.trap.function_name == name;
  }

  Store store_;
  Instance* instance_ = nullptr;
  Memory* memory_ = nullptr;
  Table* table_ = nullptr;
};

TEST_F(BuiltinsTest, MemoryGrow) {
  EXPECT_TRUE(run("load", {65536}).trapped(TrapCode::kMemoryOutOfBounds));
  EXPECT_TRUE(run("memory_grow", {0, 0}).returned(1));
  EXPECT_TRUE(run("memory_grow", {0, 1}).returned(1));
  EXPECT_TRUE(run("load", {65536}).returned(0));
  for (const uint64_t pages : {uint64_t{2}, uint64_t{65536}, kMost32, kMost64}) {
    EXPECT_TRUE(run("memory_grow", {0, pages}).returned(kMost64)) << pages;
  }
  EXPECT_EQ(memory_->pages(), 2u);
  EXPECT_TRUE(run("memory_grow", {0, 1}).returned(2));
  EXPECT_TRUE(run("memory_grow", {0, 1}).returned(kMost64));
  EXPECT_TRUE(run("load", {3 * 65536 - 4}).returned(0));
}

TEST_F(BuiltinsTest, MemoryFill) {
  EXPECT_TRUE(run("memory_fill", {0, 65534, 0x1ff, 2}).outcome.returned());
  EXPECT_EQ(run("load", {65532}).result, 0xffff0000u);
  EXPECT_TRUE(run("memory_fill", {0, 65536, 1, 0}).outcome.returned());
  EXPECT_TRUE(is_memory_trap("memory_fill", {0, 65537, 1, 0}));
  EXPECT_TRUE(is_memory_trap("memory_fill", {0, 65535, 1, 2}));
  EXPECT_TRUE(is_memory_trap("memory_fill", {0, 1, 1, kMost32}));
  EXPECT_TRUE(is_memory_trap("memory_fill", {0, 1, 1, kMost64}));
  EXPECT_TRUE(is_memory_trap("memory_fill", {0, kMost64, 1, 1}));
  EXPECT_TRUE(is_memory_trap("memory_fill", {0, kMost64, 1, kMost64}));
  EXPECT_EQ(run("load", {65532}).result, 0xffff0000u);
}

TEST_F(BuiltinsTest, MemoryCopy) {
  std::memcpy(memory_->bytes().data(), "abcdef", 6);
  EXPECT_TRUE(run("memory_copy", {0, 0, 1, 0, 5}).outcome.returned());
  EXPECT_EQ(std::memcmp(memory_->bytes().data(), "aabcde", 6), 0);
  EXPECT_TRUE(run("memory_copy", {0, 0, 0, 1, 5}).outcome.returned());
  EXPECT_EQ(std::memcmp(memory_->bytes().data(), "abcdee", 6), 0);
  EXPECT_TRUE(run("memory_copy", {0, 0, 65536, 65536, 0}).outcome.returned());
  EXPECT_TRUE(is_memory_trap("memory_copy", {0, 0, 65537, 0, 0}));
  EXPECT_TRUE(is_memory_trap("memory_copy", {0, 0, 0, 65537, 0}));
  EXPECT_TRUE(is_memory_trap("memory_copy", {0, 0, 1, 0, 65536}));
  EXPECT_TRUE(is_memory_trap("memory_copy", {0, 0, 0, 1, 65536}));
  EXPECT_TRUE(is_memory_trap("memory_copy", {0, 0, 1, 1, kMost64}));
  EXPECT_TRUE(is_memory_trap("memory_copy", {0, 0, kMost64, 1, 2}));
  EXPECT_TRUE(is_memory_trap("memory_copy", {0, 0, 1, kMost64, 2}));
}

TEST_F(BuiltinsTest, MemoryInitAndDrop) {
  EXPECT_TRUE(run("memory_init", {0, 0, 65531, 0, 5}).outcome.returned());
  EXPECT_EQ(std::memcmp(memory_->bytes().data() + 65531, "hello", 5), 0);
  EXPECT_TRUE(is_memory_trap("memory_init", {0, 0, 65532, 0, 5}));
  EXPECT_TRUE(is_memory_trap("memory_init", {0, 0, 0, 1, 5}));
  EXPECT_TRUE(is_memory_trap("memory_init", {0, 0, 0, kMost32, 1}));
  EXPECT_TRUE(is_memory_trap("memory_init", {0, 0, 0, 1, kMost32}));
  EXPECT_TRUE(is_memory_trap("memory_init", {0, 0, kMost64, 0, 1}));
  EXPECT_TRUE(run("data_drop", {0}).outcome.returned());
  EXPECT_TRUE(run("data_drop", {0}).outcome.returned());
  EXPECT_TRUE(run("memory_init", {0, 0, 65536, 0, 0}).outcome.returned());
  EXPECT_TRUE(is_memory_trap("memory_init", {0, 0, 0, 0, 1}));
}

TEST_F(BuiltinsTest, WaitingNeedsASharedMemory) {
  EXPECT_TRUE(run("memory_wait32", {0, 0, 0, 0}).trapped(TrapCode::kNotShared));
  EXPECT_TRUE(run("memory_wait64", {0, 0, 0, kMost64}).trapped(TrapCode::kNotShared));
  EXPECT_TRUE(is_memory_trap("memory_wait32", {0, 65536, 0, 0}));
  EXPECT_TRUE(run("memory_notify", {0, 0, 1}).returned(0));
  EXPECT_TRUE(is_memory_trap("memory_notify", {0, kMost64, 1}));
}

TEST_F(BuiltinsTest, TableGrowAndFill) {
  const uint64_t ref = run("ref_func", {3}).result;
  EXPECT_EQ(reinterpret_cast<FuncRef*>(ref)->context,
            reinterpret_cast<FuncRef*>(run("ref_func", {4}).result)->context);
  EXPECT_TRUE(run("table_grow", {0, ref, 1}).returned(4));
  EXPECT_EQ(table_->get(4), reinterpret_cast<void*>(ref));
  EXPECT_EQ(table_->get(3), nullptr);
  for (const uint64_t count : {uint64_t{2}, kMost32, kMost64, kMost64 - 4}) {
    EXPECT_TRUE(run("table_grow", {0, ref, count}).returned(kMost64)) << count;
  }
  EXPECT_EQ(table_->size(), 5u);
  EXPECT_TRUE(run("table_fill", {0, 3, ref, 2}).outcome.returned());
  EXPECT_EQ(table_->get(3), reinterpret_cast<void*>(ref));
  EXPECT_TRUE(run("table_fill", {0, 5, ref, 0}).outcome.returned());
  EXPECT_TRUE(is_table_trap("table_fill", {0, 6, ref, 0}));
  EXPECT_TRUE(is_table_trap("table_fill", {0, 4, ref, 2}));
  EXPECT_TRUE(is_table_trap("table_fill", {0, 1, ref, kMost64}));
  EXPECT_TRUE(is_table_trap("table_fill", {0, kMost64, ref, 1}));
}

TEST_F(BuiltinsTest, TableInitCopyAndDrop) {
  EXPECT_TRUE(run("table_init", {0, 0, 1, 0, 3}).outcome.returned());
  EXPECT_EQ(table_->get(0), nullptr);
  EXPECT_EQ(table_->get(2), reinterpret_cast<void*>(run("ref_func", {1}).result));
  EXPECT_EQ(table_->get(3), nullptr);
  EXPECT_TRUE(run("table_copy", {0, 0, 0, 1, 2}).outcome.returned());
  EXPECT_EQ(table_->get(0), reinterpret_cast<void*>(run("ref_func", {0}).result));
  EXPECT_TRUE(is_table_trap("table_copy", {0, 0, 3, 0, 2}));
  EXPECT_TRUE(is_table_trap("table_copy", {0, 0, 0, 3, 2}));
  EXPECT_TRUE(is_table_trap("table_copy", {0, 0, kMost64, 0, 1}));
  EXPECT_TRUE(is_table_trap("table_copy", {0, 0, 1, 1, kMost64}));
  EXPECT_TRUE(is_table_trap("table_init", {0, 0, 2, 0, 3}));
  EXPECT_TRUE(is_table_trap("table_init", {0, 0, 0, 1, 3}));
  EXPECT_TRUE(is_table_trap("table_init", {0, 0, kMost64, 0, 1}));
  EXPECT_TRUE(is_table_trap("table_init", {0, 0, 0, kMost32, kMost32}));
  EXPECT_TRUE(run("elem_drop", {0}).outcome.returned());
  EXPECT_TRUE(run("table_init", {0, 0, 4, 0, 0}).outcome.returned());
  EXPECT_TRUE(is_table_trap("table_init", {0, 0, 0, 0, 1}));
}

}  // namespace
}  // namespace wasmedge::run
