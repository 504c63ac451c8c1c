#include "runtime/run/linker.h"

#include "runtime/run/artifact_types.h"
#include "runtime/run/import_match.h"

namespace wasmedge::run {
namespace {

std::optional<uint64_t> maximum(const ArtifactLimits& limits) {
  if (limits.max == ~uint64_t{0}) return std::nullopt;
  return limits.max;
}

wasm::SizeLimits unpack(const ArtifactLimits& limits) {
  return {limits.min, maximum(limits), limits.shared != 0, limits.is64 != 0};
}

wasm::MemoryType unpack(const ArtifactMemory& memory) {
  return {unpack(memory.limits), memory.page_log2};
}

wasm::TableType unpack(const ArtifactTable& table) {
  return {unpack(table.element), unpack(table.limits)};
}

wasm::GlobalType unpack(const ArtifactGlobal& global) {
  return {unpack(global.type), global.is_mutable != 0};
}

}  // namespace

Result<> Linker::link(const Resolver& resolver) {
  bind_types();
  for (const ArtifactImport& import : instance_.artifact_->imports()) {
    TRY(bind_import(import, resolver));
  }
  TRY(make_memories());
  make_globals();
  return make_tables();
}

void Linker::bind_types() {
  const auto types = instance_.artifact_->types();
  const auto values = instance_.artifact_->value_types();
  std::vector<wasm::ValueType> unpacked;
  for (uint32_t i = 0; i < types.size(); ++i) {
    unpacked.clear();
    for (const ArtifactType& type :
         values.subspan(types[i].first, types[i].parameters + types[i].results)) {
      unpacked.push_back(run::unpack(type));
    }
    const std::span all(unpacked);
    instance_.slot<uint64_t>(instance_.layout_.type(i)) =
        canonical_type(all.first(types[i].parameters), all.subspan(types[i].parameters));
  }
}

Result<> Linker::bind_import(const ArtifactImport& import, const Resolver& resolver) {
  const Artifact& artifact = *instance_.artifact_;
  const ContextLayout& layout = instance_.layout_;
  const uint32_t index = import.index;
  ImportMatch match(artifact.string(import.module), artifact.string(import.name), resolver);
  switch (static_cast<wasm::ExternKind>(import.kind)) {
    case wasm::ExternKind::kFunc: {
      const uint32_t type = artifact.functions()[index].type;
      TRY_ASSIGN(instance_.slot<FuncRef>(layout.import(index)),
                 match.function(instance_.slot<uint64_t>(layout.type(type))));
      return {};
    }
    case wasm::ExternKind::kTable: {
      TRY_ASSIGN(Table * table, match.table(unpack(artifact.tables()[index])));
      instance_.tables_.push_back(table);
      instance_.slot<TableView*>(layout.table(index)) = table->view();
      return {};
    }
    case wasm::ExternKind::kMemory: {
      TRY_ASSIGN(Memory * memory, match.memory(unpack(artifact.memories()[index])));
      return bind_memory(index, memory);
    }
    case wasm::ExternKind::kGlobal: {
      TRY_ASSIGN(const Global global, match.global(unpack(artifact.globals()[index])));
      instance_.slot<Value*>(layout.global_pointer(index)) = global.cell;
      return {};
    }
    case wasm::ExternKind::kTag:
      break;
  }
  return fail(ErrorCode::kInternal, "import of kind {}", import.kind);
}

Result<> Linker::bind_memory(uint32_t index, Memory* memory) {
  instance_.memories_.push_back(memory);
  instance_.slot<MemoryView*>(instance_.layout_.memory(index)) = memory->view();
  instance_.slot<std::byte*>(instance_.layout_.memory_base(index)) = memory->view()->base;
  return {};
}

Result<> Linker::make_memories() {
  const Artifact& artifact = *instance_.artifact_;
  const auto memories = artifact.memories();
  for (auto i = static_cast<uint32_t>(instance_.memories_.size()); i < memories.size(); ++i) {
    TRY_ASSIGN(Memory * memory, store_.add_memory(unpack(memories[i])));
    TRY(bind_memory(i, memory));
  }
  const ArtifactHeader& header = artifact.header();
  if (header.image.count == 0) return {};
  return instance_.memories_[0]->map_image(artifact.file(), header.image.offset,
                                           header.image_address, artifact.bytes(header.image));
}

void Linker::make_globals() {
  const ContextLayout& layout = instance_.layout_;
  const auto globals = instance_.artifact_->globals();
  for (uint32_t i = instance_.artifact_->header().imported_globals; i < globals.size(); ++i) {
    Value* cell = &instance_.slot<Value>(layout.global(i));
    instance_.slot<Value*>(layout.global_pointer(i)) = cell;
    *cell = instance_.evaluate(globals[i].init);
  }
}

Result<> Linker::make_tables() {
  const auto tables = instance_.artifact_->tables();
  for (auto i = static_cast<uint32_t>(instance_.tables_.size()); i < tables.size(); ++i) {
    void* init = tables[i].has_init != 0 ? instance_.evaluate(tables[i].init).ref : nullptr;
    TRY_ASSIGN(Table * table, store_.add_table(unpack(tables[i]), init));
    instance_.tables_.push_back(table);
    instance_.slot<TableView*>(instance_.layout_.table(i)) = table->view();
  }
  return {};
}

}  // namespace wasmedge::run
