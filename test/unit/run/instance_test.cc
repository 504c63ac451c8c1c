#include "runtime/run/instance.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "test/unit/run/guest.h"
#include "test/unit/run/guest_code.h"

namespace wasmedge::run {
namespace {

using wasm::SegmentMode;

ArtifactConst i32(uint32_t value) {
  return ArtifactBuilder::i32(value);
}

TEST(Instance, Globals) {
  ArtifactBuilder builder;
  const uint32_t get = builder.type({}, {wasm::kI32});
  const uint32_t set = builder.type({wasm::kI32}, {});
  builder.import_global("env", "base", {wasm::kI32, false});
  builder.global({wasm::kI32, true}, ArtifactBuilder::global_get(0, wasm::kI32));
  builder.global({wasm::kI32, false}, builder.expression(wasm::kI32, code::constant42()));
  builder.global({wasm::kF64, false}, builder.expression(wasm::kF64, code::constant_f64_42()));
  builder.exported("get", get, code::global_get(builder.layout().global_pointer(1)));
  builder.exported("set", set, code::global_set(builder.layout().global_pointer(1)));
  builder.add_export("own", wasm::ExternKind::kGlobal, 1);
  builder.add_export("computed", wasm::ExternKind::kGlobal, 2);
  builder.add_export("float", wasm::ExternKind::kGlobal, 3);
  builder.add_export("imported", wasm::ExternKind::kGlobal, 0);
  Store store;
  Value base{};
  base.i32 = 7;
  const Global host = store.add_global({wasm::kI32, false}, base);
  Instance& instance =
      instantiate(store, builder, [&](const ImportRequest&) { return Extern(host); });
  EXPECT_TRUE(run(instance, "get").returned(7));
  run(instance, "set", {9});
  const auto cell = [&](std::string_view name) {
    return std::get<Global>(instance.find_export(name).value()).cell;
  };
  EXPECT_EQ(cell("own")->i32, 9u);
  EXPECT_EQ(cell("imported"), host.cell);
  EXPECT_EQ(cell("imported")->i32, 7u);
  EXPECT_EQ(cell("computed")->i32, 42u);
  EXPECT_EQ(cell("float")->f64, 42.0);
}

TEST(Instance, ExportsByNameAndKind) {
  ArtifactBuilder builder;
  builder.memory(1);
  builder.exported("add", builder.type({wasm::kI32, wasm::kI32}, {wasm::kI32}), code::add());
  builder.add_export("memory", wasm::ExternKind::kMemory, 0);
  Store store;
  Instance& instance = instantiate(store, builder);
  EXPECT_FALSE(instance.find_export("ad"));
  EXPECT_FALSE(instance.find_function("memory"));
  EXPECT_EQ(instance.find_memory("add"), nullptr);
  EXPECT_NE(instance.find_memory("memory"), nullptr);
  EXPECT_EQ(wasm::to_string(func_type(instance.find_function("add")->ref.type)),
            "[i32 i32] -> [i32]");
}

// Two instances share the image's pages until they write to them.
TEST(Instance, ImageIsCopyOnWrite) {
  ArtifactBuilder builder;
  const uint32_t type = builder.type({wasm::kI32, wasm::kI32}, {wasm::kI32});
  builder.memory(2);
  const std::string page(kArtifactPage, 'i');
  builder.image(kArtifactPage, page + page + "tail");
  builder.data(SegmentMode::kActive, 0, i32(4), "data");
  builder.exported("load", type, code::load());
  builder.exported("store", type, code::store());
  builder.add_export("memory", wasm::ExternKind::kMemory, 0);
  const auto artifact = load(builder);
  Store store;
  const auto make = [&]() -> Instance& {
    Instance& instance = *store.link(artifact, {}).value();
    EXPECT_TRUE(instance.initialize().returned());
    return instance;
  };
  Instance& one = make();
  Instance& two = make();
  EXPECT_TRUE(run(one, "load", {4}).returned(0x61746164));
  EXPECT_TRUE(run(one, "load", {4096}).returned(0x69696969));
  EXPECT_TRUE(run(one, "load", {3 * uint64_t{4096}}).returned(0x6c696174));
  EXPECT_TRUE(run(one, "load", {3 * 4096 + 4}).returned(0));
  EXPECT_TRUE(run(one, "load", {4092}).returned(0));
  run(one, "store", {4096, 1});
  EXPECT_TRUE(run(one, "load", {4096}).returned(1));
  EXPECT_TRUE(run(two, "load", {4096}).returned(0x69696969));
  EXPECT_TRUE(run(make(), "load", {4096}).returned(0x69696969));
  // Without the file, an instance gets a copy.
  artifact->close_file();
  EXPECT_TRUE(run(make(), "load", {4096}).returned(0x69696969));
  EXPECT_TRUE(run(make(), "load", {3 * uint64_t{4096}}).returned(0x6c696174));
}

// Is this page of a mapping the file's own page, shared, rather than a copy?
bool is_file_page(const void* address) {
  constexpr uint64_t kFilePage = uint64_t{1} << 61;
  uint64_t entry = 0;
  const Fd pagemap = open_file("/proc/self/pagemap", O_RDONLY).value();
  const auto at = static_cast<off_t>(reinterpret_cast<uintptr_t>(address) / 4096 * 8);
  EXPECT_EQ(pread(pagemap.get(), &entry, sizeof(entry), at), 8);
  return (entry & kFilePage) != 0;
}

TEST(Instance, UnwrittenImagePagesAreTheFiles) {
  ArtifactBuilder builder;
  const uint32_t type = builder.type({wasm::kI32, wasm::kI32}, {wasm::kI32});
  builder.memory(1);
  builder.image(0, std::string(2 * kArtifactPage, 'i'));
  builder.exported("load", type, code::load());
  builder.exported("store", type, code::store());
  builder.add_export("memory", wasm::ExternKind::kMemory, 0);
  Store store;
  Instance& instance = instantiate(store, builder);
  const std::byte* base = instance.find_memory("memory")->view()->base;
  run(instance, "load", {0});
  run(instance, "store", {4096, 1});
  EXPECT_TRUE(is_file_page(base));
  EXPECT_FALSE(is_file_page(base + 4096));
}

TEST(Instance, StartFunctionRunsAtInitialize) {
  ArtifactBuilder builder;
  const uint32_t nothing = builder.type({}, {});
  builder.global({wasm::kI32, true}, i32(0));
  builder.add_export("ran", wasm::ExternKind::kGlobal, 0);
  // mov rax, [rdi + pointer]; mov [rax], 5
  builder.start(builder.function(nothing, code::bytes("488b87") +
                                              code::word(builder.layout().global_pointer(0)) +
                                              code::bytes("c70005000000 c3")));
  Store store;
  Instance& instance = *store.link(load(builder), {}).value();
  const Value* ran = std::get<Global>(instance.find_export("ran").value()).cell;
  EXPECT_EQ(ran->i32, 0u);
  EXPECT_TRUE(instance.initialize().returned());
  EXPECT_EQ(ran->i32, 5u);
}

TEST(Instance, StartFunctionTraps) {
  ArtifactBuilder builder;
  builder.start(builder.function(builder.type({}, {}), code::trap(1), "start"));
  Store store;
  const Outcome outcome = store.link(load(builder), {}).value()->initialize();
  EXPECT_EQ(to_string(outcome.trap), "trap: unreachable in function $start (index 0)");
}

// Spec: instantiation. Segments are written in order up to the one that traps, and stay; the failed
// instance's functions stay callable through the table.
TEST(Instance, FailedInstanceLeavesWhatItWrote) {
  Store store;
  Memory* memory = store.add_memory({{1, 1, false, false}, 16}).value();
  Table* table = store.add_table({wasm::kFuncRef, {4, 4, false, false}}).value();
  const Resolver resolver = [&](const ImportRequest& request) -> std::optional<Extern> {
    if (request.kind == wasm::ExternKind::kMemory) return memory;
    return table;
  };
  ArtifactBuilder failing;
  const uint32_t type = failing.type({wasm::kI32}, {wasm::kI32});
  failing.import_memory("env", "memory", {1, 1, 0, 0});
  failing.import_table("env", "table", {4, 4, 0, 0});
  failing.global({wasm::kI32, false}, i32(5));
  const uint32_t get = failing.function(type, code::global_get(failing.layout().global_pointer(0)));
  failing.element(SegmentMode::kActive, 0, i32(1), {get});
  failing.data(SegmentMode::kActive, 0, i32(0), "first");
  failing.data(SegmentMode::kActive, 0, i32(65535), "too long");
  failing.data(SegmentMode::kActive, 0, i32(8), "never");
  Instance& failed = *store.link(load(failing), resolver).value();
  const Outcome outcome = failed.initialize();
  EXPECT_EQ(outcome.kind, Outcome::Kind::kTrapped);
  EXPECT_EQ(outcome.trap.code, TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(std::memcmp(memory->bytes().data(), "first\0\0\0\0", 9), 0);

  ArtifactBuilder user;
  user.import_table("env", "table", {4, 4, 0, 0});
  user.exported("call", user.type({wasm::kI32, wasm::kI32}, {wasm::kI32}),
                code::call_indirect(user.layout().table(0)));
  Instance& instance = instantiate(store, user, resolver);
  EXPECT_TRUE(run(instance, "call", {1, 0}).returned(5));
}

TEST(Instance, ElementSegmentOutOfBounds) {
  ArtifactBuilder builder;
  const uint32_t function = builder.function(builder.type({}, {}), code::trap(1));
  builder.table(3);
  builder.element(SegmentMode::kActive, 0, i32(0), {function});
  builder.element(SegmentMode::kActive, 0, i32(2), {function, function});
  builder.add_export("table", wasm::ExternKind::kTable, 0);
  Store store;
  Instance& instance = *store.link(load(builder), {}).value();
  EXPECT_EQ(instance.initialize().trap.code, TrapCode::kTableOutOfBounds);
  const Table& table = *std::get<Table*>(instance.find_export("table").value());
  EXPECT_NE(table.get(0), nullptr);
  EXPECT_EQ(table.get(2), nullptr);
}

TEST(Instance, MemoryOverTheLimitOfAddressSpace) {
  Store store;
  EXPECT_EQ(store.add_memory({{65537, std::nullopt, false, false}, 16}).error().code,
            ErrorCode::kResourceExhausted);
  for (const bool is64 : {false, true}) {
    const auto made = store.add_table({wasm::kFuncRef, {10'000'001, std::nullopt, false, is64}});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::kResourceExhausted);
    EXPECT_EQ(made.error().message, "a table of 10000001 elements is over the limit of 10000000");
  }
  Table* table = store.add_table({wasm::kFuncRef, {0, std::nullopt, false, false}}).value();
  EXPECT_EQ(table->grow(10'000'001, nullptr), ~uint64_t{0});
  EXPECT_EQ(table->grow(10'000'000, nullptr), 0u);
  Memory* memory = store.add_memory({{0, std::nullopt, false, false}, 16}).value();
  EXPECT_EQ(memory->grow(65537), ~uint64_t{0});
  EXPECT_EQ(memory->grow(65536), 0u);
  EXPECT_EQ(memory->bytes().size(), uint64_t{1} << 32);
  memory->bytes().back() = std::byte{1};
  EXPECT_EQ(memory->grow(1), ~uint64_t{0});
}

}  // namespace
}  // namespace wasmedge::run
