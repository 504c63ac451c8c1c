#include "runtime/run/instance.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "runtime/run/builtins.h"
#include "runtime/run/store.h"
#include "runtime/wasm/module.h"

namespace wasmedge::run {
namespace {

ContextCounts counts_of(const Artifact& artifact) {
  ContextCounts counts;
  counts.memories = static_cast<uint32_t>(artifact.memories().size());
  counts.tables = static_cast<uint32_t>(artifact.tables().size());
  counts.tags = static_cast<uint32_t>(artifact.tags().size());
  counts.globals = static_cast<uint32_t>(artifact.globals().size());
  counts.types = static_cast<uint32_t>(artifact.types().size());
  counts.imported_functions = artifact.header().imported_functions;
  return counts;
}

// A compiled constant expression: a function of the context (artifact.h).
template <typename T>
T run_constant(const void* code, Context* context) {
  return reinterpret_cast<T (*)(Context*)>(const_cast<void*>(code))(context);
}

using V128 = long long __attribute__((vector_size(16)));

}  // namespace

Instance::Instance(std::shared_ptr<const Artifact> artifact, Store& store)
    : store_(store),
      artifact_(std::move(artifact)),
      layout_(counts_of(*artifact_)),
      dropped_elements_(artifact_->elements().size()),
      dropped_data_(artifact_->data().size()) {
  void* block = ::operator new(layout_.size(), std::align_val_t{alignof(Value)});
  std::memset(block, 0, layout_.size());
  context_ = new (block) Context{&kBuiltins, this, store.spill(), store.fuel_cell()};
}

Instance::~Instance() {
  std::free(func_refs_);
  ::operator delete(context_, std::align_val_t{alignof(Value)});
}

FuncRef* Instance::func_ref(uint32_t function) {
  const uint32_t imported = artifact_->header().imported_functions;
  if (function < imported) return &slot<FuncRef>(layout_.import(function));
  const auto functions = artifact_->functions();
  if (func_refs_ == nullptr) {
    // Large blocks come from the kernel as zero pages, so only what is used costs memory.
    func_refs_ = static_cast<FuncRef*>(std::calloc(functions.size() - imported, sizeof(FuncRef)));
    if (func_refs_ == nullptr) throw std::bad_alloc();
  }
  FuncRef& ref = func_refs_[function - imported];
  if (ref.code == nullptr) {
    ref.code = artifact_->code(functions[function].code);
    ref.context = context_;
    ref.type = slot<uint64_t>(layout_.type(functions[function].type));
  }
  return &ref;
}

Value Instance::evaluate(const ArtifactConst& expression) {
  using Kind = wasm::ConstExpr::Kind;
  Value value{};
  switch (static_cast<Kind>(expression.kind)) {
    case Kind::kConst:
      std::memcpy(&value.v128[0], &expression.bits, 8);
      std::memcpy(&value.v128[8], &expression.bits_high, 8);
      break;
    case Kind::kGlobalGet:
      value = *slot<Value*>(layout_.global_pointer(expression.index));
      break;
    case Kind::kRefNull:
      break;
    case Kind::kRefFunc:
      value.ref = func_ref(expression.index);
      break;
    case Kind::kExpression:
      return evaluate_code(expression);
  }
  return value;
}

Value Instance::evaluate_code(const ArtifactConst& expression) {
  const void* code = artifact_->code(expression.code);
  Value value{};
  switch (unpack(expression.type).kind) {
    case wasm::ValueKind::kI32:
      value.i32 = run_constant<uint32_t>(code, context_);
      break;
    case wasm::ValueKind::kI64:
      value.i64 = run_constant<uint64_t>(code, context_);
      break;
    case wasm::ValueKind::kF32:
      value.f32 = run_constant<float>(code, context_);
      break;
    case wasm::ValueKind::kF64:
      value.f64 = run_constant<double>(code, context_);
      break;
    case wasm::ValueKind::kV128: {
      const auto bits = run_constant<V128>(code, context_);
      std::memcpy(value.v128, &bits, sizeof(bits));
      break;
    }
    case wasm::ValueKind::kRef:
      value.ref = run_constant<void*>(code, context_);
      break;
  }
  return value;
}

void* Instance::element(const ArtifactElement& segment, uint64_t index) {
  if (segment.uses_consts != 0) {
    return evaluate(artifact_->records<ArtifactConst>(segment.consts)[index]).ref;
  }
  const uint32_t function = artifact_->records<uint32_t>(segment.functions)[index];
  return function == ~uint32_t{0} ? nullptr : func_ref(function);
}

std::optional<Extern> Instance::find_export(std::string_view name) {
  const ArtifactExport* found = export_named(name);
  if (found == nullptr) return std::nullopt;
  switch (static_cast<wasm::ExternKind>(found->kind)) {
    case wasm::ExternKind::kFunc:
      return ExternFunction{*func_ref(found->index)};
    case wasm::ExternKind::kTable:
      return tables_[found->index];
    case wasm::ExternKind::kMemory:
      return memories_[found->index];
    case wasm::ExternKind::kGlobal: {
      const ArtifactGlobal& global = artifact_->globals()[found->index];
      return Global{type_of(global), slot<Value*>(layout_.global_pointer(found->index))};
    }
    case wasm::ExternKind::kTag:
      return slot<const Tag*>(layout_.tag(found->index));
  }
  return std::nullopt;
}

wasm::ValueType Instance::type_of(const ArtifactType& type) const {
  wasm::ValueType value = unpack(type);
  if (value.is_concrete()) {
    value.index = static_cast<uint32_t>(slot<uint64_t>(layout_.type(value.index)));
  }
  return value;
}

wasm::TableType Instance::type_of(const ArtifactTable& table) const {
  return {type_of(table.element), unpack_limits(table.limits)};
}

wasm::GlobalType Instance::type_of(const ArtifactGlobal& global) const {
  return {type_of(global.type), global.is_mutable != 0};
}

std::optional<Function> Instance::find_function(std::string_view name) {
  const ArtifactExport* found = export_named(name);
  if (found == nullptr || found->kind != static_cast<uint32_t>(wasm::ExternKind::kFunc)) {
    return std::nullopt;
  }
  return function(found->index);
}

Memory* Instance::find_memory(std::string_view name) {
  const ArtifactExport* found = export_named(name);
  if (found == nullptr || found->kind != static_cast<uint32_t>(wasm::ExternKind::kMemory)) {
    return nullptr;
  }
  return memories_[found->index];
}

const ArtifactExport* Instance::export_named(std::string_view name) const {
  for (const ArtifactExport& entry : artifact_->exports()) {
    if (artifact_->string(entry.name) == name) return &entry;
  }
  return nullptr;
}

Function Instance::function(uint32_t index) {
  const ArtifactFuncType& type = artifact_->types()[artifact_->functions()[index].type];
  return {*func_ref(index),
          reinterpret_cast<EntryThunk>(const_cast<void*>(artifact_->code(type.entry)))};
}

}  // namespace wasmedge::run
