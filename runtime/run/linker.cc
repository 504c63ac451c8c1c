#include "runtime/run/linker.h"

#include "runtime/run/artifact_types.h"
#include "runtime/run/import_match.h"

namespace wasmedge::run {
namespace {

wasm::MemoryType unpack(const ArtifactMemory& memory) {
  return {unpack_limits(memory.limits), memory.page_log2};
}

}  // namespace

Result<> Linker::link(const Resolver& resolver) {
  bind_types();
  for (const ArtifactImport& import : instance_.artifact_->imports()) {
    TRY(bind_import(import, resolver));
  }
  make_tags();
  TRY(make_memories());
  make_globals();
  return make_tables();
}

// A recursion group at a time: references into it are by place, others by number.
void Linker::bind_types() {
  const auto types = instance_.artifact_->types();
  for (uint32_t first = 0; first < types.size(); first += types[first].group_size) {
    std::vector<wasm::GroupMember> group;
    for (uint32_t i = first; i < first + types[first].group_size; ++i) {
      group.push_back(group_member(first, types[i]));
    }
    const uint64_t number = canonical_group(std::move(group));
    for (uint32_t i = 0; i < types[first].group_size; ++i) {
      instance_.slot<uint64_t>(instance_.layout_.type(first + i)) = number + i;
    }
  }
}

wasm::GroupMember Linker::group_member(uint32_t first, const ArtifactFuncType& type) const {
  const auto number = [&](uint32_t index) {
    if (index >= first) return wasm::GroupMember::kInGroup | (index - first);
    return static_cast<uint32_t>(instance_.slot<uint64_t>(instance_.layout_.type(index)));
  };
  const auto values = instance_.artifact_->value_types().subspan(type.first);
  wasm::GroupMember member;
  for (uint32_t i = 0; i < type.parameters + type.results; ++i) {
    wasm::ValueType value = run::unpack(values[i]);
    if (value.is_concrete()) value.index = number(value.index);
    (i < type.parameters ? member.type.parameters : member.type.results).push_back(value);
  }
  member.is_final = type.is_final != 0;
  if (type.super != ~uint32_t{0}) member.super = number(type.super);
  return member;
}

Result<> Linker::bind_import(const ArtifactImport& import, const Resolver& resolver) {
  const Artifact& artifact = *instance_.artifact_;
  const ContextLayout& layout = instance_.layout_;
  const uint32_t index = import.index;
  ImportMatch match(artifact.string(import.module), artifact.string(import.name), resolver);
  switch (static_cast<wasm::ExternKind>(import.kind)) {
    case wasm::ExternKind::kFunc: {
      const uint32_t type = artifact.functions()[index].type;
      TRY_ASSIGN(const ExternFunction function,
                 match.function(instance_.slot<uint64_t>(layout.type(type))));
      instance_.slot<FuncRef>(layout.import(index)) = store_.callable(function);
      return {};
    }
    case wasm::ExternKind::kTable: {
      TRY_ASSIGN(Table * table, match.table(instance_.type_of(artifact.tables()[index])));
      instance_.tables_.push_back(table);
      instance_.slot<TableView*>(layout.table(index)) = table->view();
      return {};
    }
    case wasm::ExternKind::kMemory: {
      TRY_ASSIGN(Memory * memory, match.memory(unpack(artifact.memories()[index])));
      return bind_memory(index, memory);
    }
    case wasm::ExternKind::kGlobal: {
      TRY_ASSIGN(const Global global, match.global(instance_.type_of(artifact.globals()[index])));
      instance_.slot<Value*>(layout.global_pointer(index)) = global.cell;
      return {};
    }
    case wasm::ExternKind::kTag: {
      const uint64_t type = instance_.slot<uint64_t>(layout.type(artifact.tags()[index].type));
      TRY_ASSIGN(const Tag* tag, match.tag(type));
      instance_.slot<const Tag*>(layout.tag(index)) = tag;
      return {};
    }
  }
  return fail(ErrorCode::kInternal, "import of kind {}", import.kind);
}

Result<> Linker::bind_memory(uint32_t index, Memory* memory) {
  instance_.memories_.push_back(memory);
  instance_.slot<MemoryView*>(instance_.layout_.memory(index)) = memory->view();
  instance_.slot<std::byte*>(instance_.layout_.memory_base(index)) = memory->view()->base;
  return {};
}

Result<Memory*> Linker::make_memory(uint32_t index) {
  const wasm::MemoryType type = unpack(instance_.artifact_->memories()[index]);
  if (peer_ != nullptr && type.limits.shared) return peer_->memories_[index];
  return store_.add_memory(type);
}

Result<> Linker::make_memories() {
  const Artifact& artifact = *instance_.artifact_;
  const auto memories = artifact.memories();
  for (auto i = static_cast<uint32_t>(instance_.memories_.size()); i < memories.size(); ++i) {
    TRY_ASSIGN(Memory * memory, make_memory(i));
    TRY(bind_memory(i, memory));
  }
  const ArtifactHeader& header = artifact.header();
  if (header.image.count == 0) return {};
  if (peer_ != nullptr && instance_.memories_[0] == peer_->memories_[0]) return {};  // in use
  return instance_.memories_[0]->map_image(artifact.file(), header.image.offset,
                                           header.image_address, artifact.bytes(header.image));
}

void Linker::make_tags() {
  const Artifact& artifact = *instance_.artifact_;
  const auto tags = artifact.tags();
  for (uint32_t i = 0; i < tags.size(); ++i) {
    if (tags[i].imported != 0) continue;
    std::string_view name;
    for (const ArtifactExport& entry : artifact.exports()) {
      if (entry.kind == static_cast<uint32_t>(wasm::ExternKind::kTag) && entry.index == i) {
        name = artifact.string(entry.name);
        break;
      }
    }
    const uint64_t type = instance_.slot<uint64_t>(instance_.layout_.type(tags[i].type));
    instance_.slot<const Tag*>(instance_.layout_.tag(i)) = store_.add_tag(type, name);
  }
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
    TRY_ASSIGN(Table * table, store_.add_table(instance_.type_of(tables[i]), init));
    instance_.tables_.push_back(table);
    instance_.slot<TableView*>(instance_.layout_.table(i)) = table->view();
  }
  return {};
}

}  // namespace wasmedge::run
