#include "runtime/run/store.h"

#include <algorithm>

#include "runtime/base/limits.h"
#include "runtime/run/activation.h"
#include "runtime/run/linker.h"

namespace wasmedge::run {

Store::Store()
    : spill_(
          std::make_unique_for_overwrite<Value[]>(std::max(kLimits.parameters, kLimits.results))) {}

Store::~Store() = default;

void Store::set_fuel(uint64_t fuel) {
  fuel_ = static_cast<int64_t>(
      std::min(fuel, static_cast<uint64_t>(std::numeric_limits<int64_t>::max())));
}

Result<Instance*> Store::link(std::shared_ptr<const Artifact> artifact, const Resolver& resolver,
                              const Instance* peer) {
  std::unique_ptr<Instance> instance(new Instance(std::move(artifact), *this));
  TRY(Linker(*this, *instance, peer).link(resolver));
  instances_.push_back(std::move(instance));
  return instances_.back().get();
}

Result<Memory*> Store::add_memory(const wasm::MemoryType& type) {
  TRY_ASSIGN(memories_.emplace_back(), Memory::make(type, memory_budget_));
  return memories_.back().get();
}

Result<Table*> Store::add_table(const wasm::TableType& type, void* init) {
  TRY_ASSIGN(tables_.emplace_back(), Table::make(type, init));
  return tables_.back().get();
}

Global Store::add_global(const wasm::GlobalType& type, const Value& value) {
  return {type, &cells_.emplace_back(value)};
}

Tag* Store::add_tag(uint64_t type, std::string_view name) {
  const auto values = static_cast<uint32_t>(func_type(type).parameters.size());
  return &tags_.emplace_back(Tag{type, values, std::string(name)});
}

Exception* Store::make_exception(const Tag& tag) {
  return exceptions_.make(tag, {tables_, instances_, &cells_});
}

FuncRef Store::callable(const ExternFunction& function) {
  const FuncRef& ref = function.ref;
  if (function.stack_words == 0) return ref;
  HostTarget& target = host_targets_.emplace_back(
      HostTarget{ref.code, ref.context, spill_.get(), function.stack_words});
  return {reinterpret_cast<const void*>(&wasmedge_host_adapter), &target, ref.type};
}

}  // namespace wasmedge::run
