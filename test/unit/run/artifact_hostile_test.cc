#include <gtest/gtest.h>

#include <functional>

#include "runtime/run/store.h"
#include "test/unit/run/artifact_builder.h"
#include "test/unit/run/guest_code.h"

// Artifacts whose digest is right and whose contents are wrong.
namespace wasmedge::run {
namespace {

// A module with at least one record of every kind.
ArtifactBuilder full_module() {
  ArtifactBuilder builder;
  const uint32_t nothing = builder.type({}, {});
  const uint32_t binary = builder.type({wasm::kI32, wasm::kI32}, {wasm::kI32});
  builder.import_function("env", "log", nothing);
  builder.import_global("env", "base", {wasm::kI32, false});
  builder.memory(2, 3);
  builder.table(4, 8);
  const uint32_t start = builder.function(nothing, code::bytes("c3"), "start");
  builder.exported("add", binary, code::add());
  builder.global({wasm::kI32, true}, ArtifactBuilder::global_get(0, wasm::kI32));
  builder.global({wasm::kFuncRef, false}, ArtifactBuilder::ref_func(1));
  builder.add_export("memory", wasm::ExternKind::kMemory, 0);
  builder.add_export("table", wasm::ExternKind::kTable, 0);
  builder.add_export("global", wasm::ExternKind::kGlobal, 1);
  builder.element(wasm::SegmentMode::kActive, 0, ArtifactBuilder::i32(1), {0, 1, ~0u});
  builder.data(wasm::SegmentMode::kActive, 0, ArtifactBuilder::i32(100), "hello");
  builder.data(wasm::SegmentMode::kPassive, 0, {}, "passive");
  builder.image(kArtifactPage, std::string(5000, 'i'));
  builder.start(start);
  builder.site(start, 0, 0x20);
  builder.add_export("tag", wasm::ExternKind::kTag, builder.tag(nothing));
  builder.unwind({0, 16, {}});
  builder.unwind({8, 32, {2}});
  builder.landing_pad({0, 4, 8});
  builder.landing_pad({4, 8, 8});
  return builder;
}

void log(void*) {}

std::optional<Extern> resolve(const ImportRequest& request) {
  static Value base{};
  if (request.name == "log") return host_function(log, static_cast<void*>(nullptr));
  return Global{{wasm::kI32, false}, &base};
}

// Loading either fails with a clear error or gives something that links and initialises safely.
Result<> try_out(std::string file) {
  seal(file);
  TRY_ASSIGN(auto artifact, Artifact::load(file_with(file), "x.aot"));
  Store store;
  TRY_ASSIGN(Instance * instance, store.link(std::move(artifact), resolve));
  instance->find_export("table");
  instance->find_export("global");
  instance->find_function("add");
  return {};
}

TEST(HostileArtifact, TheModuleItself) {
  const auto tried = try_out(full_module().build());
  EXPECT_TRUE(tried) << tried.error().message;
}

TEST(HostileArtifact, EveryByteOfHeaderAndMeta) {
  const std::string good = full_module().build();
  const auto& header = *reinterpret_cast<const ArtifactHeader*>(good.data());
  size_t failed = 0, tried = 0;
  const auto corrupt = [&](size_t at) {
    for (const int value : {0x00, 0xff, good[at] ^ 0x01, good[at] ^ 0x80, good[at] + 1}) {
      if (static_cast<char>(value) == good[at]) continue;
      std::string bad = good;
      bad[at] = static_cast<char>(value);
      ++tried;
      if (!try_out(std::move(bad))) ++failed;
    }
  };
  for (size_t at = 0; at < sizeof(ArtifactHeader); ++at) corrupt(at);
  for (size_t at = header.strings.offset; at < good.size(); ++at) corrupt(at);
  EXPECT_GT(failed, tried / 4);
  EXPECT_LT(failed, tried);
}

TEST(HostileArtifact, EverySliceOfTheHeader) {
  const std::string good = full_module().build();
  const auto& header = *reinterpret_cast<const ArtifactHeader*>(good.data());
  const std::pair<const char*, const Slice*> slices[] = {{"rodata", &header.rodata},
                                                         {"text", &header.text},
                                                         {"image", &header.image},
                                                         {"strings", &header.strings},
                                                         {"value_types", &header.value_types},
                                                         {"types", &header.types},
                                                         {"imports", &header.imports},
                                                         {"exports", &header.exports},
                                                         {"functions", &header.functions},
                                                         {"globals", &header.globals},
                                                         {"memories", &header.memories},
                                                         {"tables", &header.tables},
                                                         {"elements", &header.elements},
                                                         {"data", &header.data},
                                                         {"sites", &header.sites},
                                                         {"tags", &header.tags},
                                                         {"unwind", &header.unwind},
                                                         {"landing_pads", &header.landing_pads}};
  for (const auto& [name, slice] : slices) {
    const auto at = static_cast<size_t>(reinterpret_cast<const char*>(slice) - good.data());
    const auto with = [&, name = name](uint64_t offset, uint64_t count) {
      std::string bad = good;
      const Slice changed{offset, count};
      std::memcpy(bad.data() + at, &changed, sizeof(changed));
      const auto tried = try_out(std::move(bad));
      ASSERT_FALSE(tried) << name << " " << offset << " " << count;
      EXPECT_NE(tried.error().message.find(std::string("x.aot: ") + name + ": "), std::string::npos)
          << tried.error().message;
    };
    constexpr uint64_t kMost = ~uint64_t{0};
    with(slice->offset, kMost);
    with(slice->offset, kMost / 8);
    with(slice->offset, (kMost - slice->offset) / 8 + 2);
    with(kMost, slice->count);
    with(kMost - 8, 1);
    with(good.size() + kArtifactPage, 0);
    with(good.size(), 1 + kArtifactPage);
    if (name != std::string("strings")) with(slice->offset + 1, slice->count);
  }
}

// A change of one record and the message it must give.
template <typename Record>
void expect_damage(Slice ArtifactHeader::* slice, size_t index,
                   const std::function<void(Record&)>& change, std::string_view message) {
  std::string file = full_module().build();
  const auto& header = *reinterpret_cast<const ArtifactHeader*>(file.data());
  ASSERT_LT(index, (header.*slice).count);
  change(reinterpret_cast<Record*>(file.data() + (header.*slice).offset)[index]);
  const auto tried = try_out(std::move(file));
  ASSERT_FALSE(tried) << message;
  EXPECT_NE(tried.error().message.find(message), std::string::npos) << tried.error().message;
}

TEST(HostileArtifact, Exceptions) {
  const auto tag = [](uint32_t type) {
    expect_damage<ArtifactTag>(
        &ArtifactHeader::tags, 0, [type](auto& one) { one.type = type; }, "tags[0].type: ");
  };
  tag(1);  // has results
  tag(2);
  const auto unwind = [](uint32_t pc) {
    expect_damage<ArtifactUnwind>(
        &ArtifactHeader::unwind, 0, [pc](auto& row) { row.pc = pc; }, "unwind[");
  };
  unwind(9);  // behind the next
  unwind(~0U);
  // Frames that could not be left: no room for the return address, more than a
  // stack holds, a register saved where the return address is.
  for (const uint32_t cfa : {0U, 4U, 0x7fff'fff8U, ArtifactUnwind::kFromFramePointer}) {
    expect_damage<ArtifactUnwind>(
        &ArtifactHeader::unwind, 1, [cfa](auto& row) { row.cfa = cfa; }, "unwind[1]: ");
  }
  for (size_t i = 0; i < 8; ++i) {
    expect_damage<ArtifactUnwind>(
        &ArtifactHeader::unwind, 1, [i](auto& row) { row.saved[i] = 1; }, "unwind[1]: ");
  }
  const auto pad = [](size_t index, ArtifactLandingPad to) {
    expect_damage<ArtifactLandingPad>(
        &ArtifactHeader::landing_pads, index, [to](auto& one) { one = to; }, "landing_pads[");
  };
  pad(0, {0, 4, ~0U});
  pad(0, {4, 0, 8});
  pad(0, {0, 5, 8});  // overlaps the next
  pad(1, {4, ~0U, 8});
}

TEST(HostileArtifact, RecursionGroups) {
  using Type = ArtifactFuncType;
  const auto type = [](const std::function<void(Type&)>& change, std::string_view message) {
    expect_damage<Type>(&ArtifactHeader::types, 1, change, message);
  };
  type([](auto& one) { one.group = 0; }, "types[1].group: ");
  type([](auto& one) { one.group = 2; }, "types[1].group: ");
  type([](auto& one) { one.group_size = 0; }, "types[1].group: ");
  type([](auto& one) { one.group_size = 2; }, "types[1].group: ");
  type([](auto& one) { one.group_size = ~0U; }, "types[1].group: ");
  type([](auto& one) { one.super = 1; }, "types[1].super: ");
  type([](auto& one) { one.is_final = 2; }, "types[1].super: ");
  expect_damage<ArtifactType>(
      &ArtifactHeader::value_types, 0,
      [](auto& value) { value = pack({wasm::ValueKind::kRef, wasm::HeapKind::kIndexed, true, 2}); },
      "value_types[0]: ");
}

TEST(HostileArtifact, Types) {
  using Type = ArtifactFuncType;
  constexpr auto kTypes = &ArtifactHeader::types;
  expect_damage<Type>(kTypes, 1, [](auto& type) { type.first = ~0u; }, "types[1]: ");
  expect_damage<Type>(kTypes, 1, [](auto& type) { type.parameters = 1001; }, "types[1]: ");
  expect_damage<Type>(kTypes, 1, [](auto& type) { type.results = 2; }, "types[1]: ");
  expect_damage<Type>(kTypes, 1, [](auto& type) { type.entry = 64; }, "types[1].entry: ");
  expect_damage<ArtifactType>(
      &ArtifactHeader::value_types, 2, [](auto& type) { type.kind = 0x40; }, "value_types[2]: ");
  expect_damage<ArtifactType>(
      &ArtifactHeader::value_types, 0, [](auto& type) { type.index = 1; }, "value_types[0]: ");
}

TEST(HostileArtifact, Functions) {
  using Function = ArtifactFunction;
  constexpr auto kFunctions = &ArtifactHeader::functions;
  expect_damage<Function>(
      kFunctions, 2, [](auto& function) { function.type = 2; }, "functions[2].type: ");
  expect_damage<Function>(
      kFunctions, 2, [](auto& function) { function.code = 0; }, "functions[2].code: ");
  expect_damage<Function>(
      kFunctions, 2, [](auto& function) { function.code_size = ~0u; }, "functions[2].code: ");
  expect_damage<Function>(
      kFunctions, 1, [](auto& function) { function.name.size = ~0u; }, "functions[1].name: ");
}

TEST(HostileArtifact, ImportsAndExports) {
  using Import = ArtifactImport;
  constexpr auto kImports = &ArtifactHeader::imports;
  expect_damage<Import>(kImports, 0, [](auto& import) { import.kind = 5; }, "imports[0].kind: ");
  expect_damage<Import>(kImports, 0, [](auto& import) { import.index = 1; }, "imports[0].index: ");
  expect_damage<Import>(
      kImports, 1, [](auto& import) { import.name.offset = ~0u; }, "imports[1].name: ");
  expect_damage<Import>(
      kImports, 1, [](auto& import) { import.module.size = 1 << 20; }, "imports[1].module: ");
  // A kind that the rest of the artifact does not agree with.
  expect_damage<Import>(kImports, 0, [](auto& import) { import.kind = 1; }, "imported_functions: ");
  using Export = ArtifactExport;
  constexpr auto kExports = &ArtifactHeader::exports;
  expect_damage<Export>(kExports, 0, [](auto& entry) { entry.index = 3; }, "exports[0].index: ");
  expect_damage<Export>(kExports, 3, [](auto& entry) { entry.index = 3; }, "exports[3].index: ");
  expect_damage<Export>(kExports, 1, [](auto& entry) { entry.kind = 5; }, "exports[1].kind: ");
  expect_damage<Export>(
      kExports, 2, [](auto& entry) { entry.name.size = ~0u; }, "exports[2].name: ");
}

TEST(HostileArtifact, Globals) {
  using Global = ArtifactGlobal;
  constexpr auto kGlobals = &ArtifactHeader::globals;
  expect_damage<Global>(
      kGlobals, 0, [](auto& global) { global.imported = 0; }, "globals[0].imported: ");
  expect_damage<Global>(kGlobals, 1, [](auto& global) { global.type.kind = 3; }, "globals[1]");
  // Itself, not yet initialised.
  expect_damage<Global>(kGlobals, 1, [](auto& global) { global.init.index = 1; }, "globals[1]: ");
  expect_damage<Global>(kGlobals, 2, [](auto& global) { global.init.index = 3; }, "globals[2]: ");
  // A number in place of a reference would be a pointer of the module's choice.
  expect_damage<Global>(kGlobals, 2, [](auto& global) { global.init.kind = 0; }, "globals[2]: ");
  expect_damage<Global>(kGlobals, 2, [](auto& global) { global.init.kind = 4; }, "globals[2]: ");
  expect_damage<Global>(kGlobals, 2, [](auto& global) { global.init.kind = 5; }, "globals[2]: ");
}

TEST(HostileArtifact, MemoriesAndTables) {
  using Memory = ArtifactMemory;
  constexpr auto kMemories = &ArtifactHeader::memories;
  expect_damage<Memory>(
      kMemories, 0, [](auto& memory) { memory.limits.min = 65537; }, "memories[0].limits: ");
  expect_damage<Memory>(
      kMemories, 0, [](auto& memory) { memory.limits.max = 1; }, "memories[0].limits: ");
  expect_damage<Memory>(kMemories, 0, [](auto& memory) { memory.page_log2 = 63; }, "memories[0]: ");
  expect_damage<Memory>(kMemories, 0, [](auto& memory) { memory.page_log2 = 12; }, "memories[0]: ");
  expect_damage<Memory>(
      kMemories, 0, [](auto& memory) { memory.limits.shared = 2; }, "memories[0]: ");
  expect_damage<Memory>(
      kMemories, 0, [](auto& memory) { memory.limits.is64 = 2; }, "memories[0]: ");
  expect_damage<Memory>(
      kMemories, 0,
      [](auto& memory) {
        memory.limits.shared = 1;
        memory.limits.max = ~uint64_t{0};
      },
      "memories[0]: ");
  // A size that cannot be made, or whose bytes are no 64 bits, holds no image.
  expect_damage<Memory>(
      kMemories, 0, [](auto& memory) { memory.limits = {uint64_t{1} << 48, ~uint64_t{0}, 0, 1}; },
      "image_address: ");
  // The image no longer fits.
  expect_damage<Memory>(
      kMemories, 0, [](auto& memory) { memory.limits.min = 0; }, "image_address: ");
  using Table = ArtifactTable;
  constexpr auto kTables = &ArtifactHeader::tables;
  expect_damage<Table>(
      kTables, 0, [](auto& table) { table.limits.min = ~uint64_t{0}; }, "tables[0].limits: ");
  expect_damage<Table>(
      kTables, 0, [](auto& table) { table.element = pack(wasm::kI64); }, "tables[0].element: ");
  expect_damage<Table>(kTables, 0, [](auto& table) { table.has_init = 1; }, "tables[0]: ");
}

TEST(HostileArtifact, Segments) {
  using Element = ArtifactElement;
  constexpr auto kElements = &ArtifactHeader::elements;
  expect_damage<Element>(
      kElements, 0, [](auto& segment) { segment.mode = 3; }, "elements[0].mode: ");
  expect_damage<Element>(
      kElements, 0, [](auto& segment) { segment.table = 1; }, "elements[0].table: ");
  expect_damage<Element>(
      kElements, 0, [](auto& segment) { segment.type = pack(wasm::kExternRef); },
      "elements[0].table: ");
  expect_damage<Element>(
      kElements, 0, [](auto& segment) { segment.offset.type = pack(wasm::kI64); }, "elements[0]: ");
  expect_damage<Element>(
      kElements, 0, [](auto& segment) { segment.functions.count = uint64_t{1} << 62; },
      "elements.functions: ");
  expect_damage<Element>(
      kElements, 0, [](auto& segment) { segment.functions.count += 100; }, "elements[0].functions");
  using Data = ArtifactData;
  constexpr auto kData = &ArtifactHeader::data;
  expect_damage<Data>(kData, 0, [](auto& segment) { segment.mode = 2; }, "data[0].mode: ");
  expect_damage<Data>(kData, 0, [](auto& segment) { segment.memory = 1; }, "data[0].memory: ");
  expect_damage<Data>(
      kData, 1, [](auto& segment) { segment.bytes.offset = ~uint64_t{0}; }, "data.bytes: ");
}

TEST(HostileArtifact, StartAndImage) {
  const auto with = [](const std::function<void(ArtifactHeader&)>& change) {
    std::string file = full_module().build();
    change(*reinterpret_cast<ArtifactHeader*>(file.data()));
    const auto tried = try_out(std::move(file));
    return tried ? std::string("loaded") : tried.error().message;
  };
  const auto expect = [](const std::string& message, std::string_view part) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  expect(with([](auto& header) { header.start = 3; }), "start: 3");
  expect(with([](auto& header) { header.start = 2; }), "start: function 2 is not of type");
  expect(with([](auto& header) { header.image_address = 1; }), "image_address: ");
  expect(with([](auto& header) { header.image_address = 2 * 65536 - 4096; }), "image_address: ");
  expect(with([](auto& header) { header.image_address = ~uint64_t{4095}; }), "image_address: ");
  expect(with([](auto& header) { header.imported_functions = 9; }), "imported_functions: ");
  expect(with([](auto& header) { header.imported_globals = 0; }), "imported_globals: ");
  expect(with([](auto& header) { header.text.offset = 0; }), "text: overlaps the header");
}

}  // namespace
}  // namespace wasmedge::run
