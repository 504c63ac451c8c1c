#include "runtime/run/store.h"

#include "runtime/run/linker.h"

namespace wasmedge::run {

Store::~Store() = default;

Result<Instance*> Store::link(std::shared_ptr<const Artifact> artifact, const Resolver& resolver) {
  std::unique_ptr<Instance> instance(new Instance(std::move(artifact)));
  TRY(Linker(*this, *instance).link(resolver));
  instances_.push_back(std::move(instance));
  return instances_.back().get();
}

Result<Memory*> Store::add_memory(const wasm::MemoryType& type) {
  TRY_ASSIGN(memories_.emplace_back(), Memory::make(type));
  return memories_.back().get();
}

Result<Table*> Store::add_table(const wasm::TableType& type, void* init) {
  TRY_ASSIGN(tables_.emplace_back(), Table::make(type, init));
  return tables_.back().get();
}

Global Store::add_global(const wasm::GlobalType& type, const Value& value) {
  return {type, &cells_.emplace_back(value)};
}

}  // namespace wasmedge::run
