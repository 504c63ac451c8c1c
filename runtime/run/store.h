#pragma once

#include <deque>
#include <limits>
#include <memory>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/run/artifact_file.h"
#include "runtime/run/host.h"
#include "runtime/run/instance.h"
#include "runtime/run/memory.h"

namespace wasmedge::run {

/// Owns instances and what they share. Everything in it lives until the Store ends, so that a
/// reference to a function never dangles: not in a table that another instance imports, and not if
/// the instance it came from failed to initialise. One thread at a time.
class Store {
 public:
  Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  /// Makes an instance: checks and binds every import, makes memories, tables and globals. No guest
  /// code runs: that is Instance::initialize(). Errors name the import, e.g. `unknown import: the
  /// module imports function "env"."foo" of type [i32] -> [], which the host does not provide`, or
  /// `incompatible import type: …`.
  ///
  /// `peer`: an instance of the same artifact, in another Store that outlives this one. Shared
  /// memories that the module defines are then the peer's: a thread of one guest.
  Result<Instance*> link(std::shared_ptr<const Artifact> artifact, const Resolver& resolver,
                         const Instance* peer = nullptr);

  /// Host-made externs, for resolvers to hand out.
  Result<Memory*> add_memory(const wasm::MemoryType& type);
  Result<Table*> add_table(const wasm::TableType& type, void* init = nullptr);
  Global add_global(const wasm::GlobalType& type, const Value& value);

  /// `type`: a canonical type without results.
  Tag* add_tag(uint64_t type, std::string_view name);

  /// For a guest that runs on this thread; null if too many are alive (exception.h).
  Exception* make_exception(const Tag& tag);

  /// What guests may use up from now on, if their code is metered (CompileOptions::metered): it
  /// ends with the trap "out of fuel". Instances of the Store share it. Unlimited at first.
  void set_fuel(uint64_t fuel);
  /// What is left, while none of them runs; after a trap, at least what is. 0 after "out of fuel".
  uint64_t fuel() const { return fuel_ < 0 ? 0 : static_cast<uint64_t>(fuel_); }
  /// What memories made from now on may have; unlimited at first.
  MemoryBudget& memory_budget() { return *memory_budget_; }
  /// From now on `other`'s, which outlives this Store, is this one's too.
  void share_memory_budget(Store& other) { memory_budget_ = other.memory_budget_; }

  /// Context::fuel of all instances.
  int64_t* fuel_cell() { return &fuel_; }

  const Exceptions& exceptions() const { return exceptions_; }
  /// Context::spill of all instances.
  Value* spill() const { return spill_.get(); }
  /// The function as compiled code may call it (see context.h).
  FuncRef callable(const ExternFunction& function);

 private:
  std::unique_ptr<Value[]> spill_;  // Context::spill
  MemoryBudget own_budget_;
  MemoryBudget* memory_budget_ = &own_budget_;
  int64_t fuel_ = std::numeric_limits<int64_t>::max();
  std::vector<std::unique_ptr<Memory>> memories_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::deque<Value> cells_;
  std::deque<HostTarget> host_targets_;
  std::deque<Tag> tags_;
  Exceptions exceptions_;
  std::vector<std::unique_ptr<Instance>> instances_;
};

}  // namespace wasmedge::run
