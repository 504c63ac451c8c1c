#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/run/artifact_file.h"
#include "runtime/run/artifact_types.h"
#include "runtime/run/context.h"
#include "runtime/run/host.h"
#include "runtime/run/trap.h"

namespace wasmedge::run {

class Store;

/// A function that the host can call: code, and the thunk that takes arguments from memory. Its
/// type is func_type(ref.type).
struct Function {
  FuncRef ref;
  EntryThunk entry = nullptr;
};

/// Calls into the guest, on this thread's guest stack. `values` holds the arguments and receives
/// the results; its size is at least the larger of both counts (precondition: the function's type).
/// May be called from a host function that the guest called. A guest stack that cannot be allocated
/// is a trap (out of memory).
Outcome call(const Function& function, std::span<Value> values);

/// A module's instance: its context, and what its builtins need. Made by Store::link, owned by the
/// Store.
class Instance {
 public:
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  /// The second half of instantiation: active element and data segments in order, then the start
  /// function. If it ends in a trap, what was written before it stays (spec: instantiation).
  Outcome initialize();

  /// The export of this name; nullopt if there is none.
  std::optional<Extern> find_export(std::string_view name);
  /// The exported function of this name; nullopt if there is none or it is not a function.
  std::optional<Function> find_function(std::string_view name);
  /// The exported memory of this name; nullptr likewise.
  Memory* find_memory(std::string_view name);

  const Artifact& artifact() const { return *artifact_; }

  /// Calls visit(type, value) for each global of its own.
  template <typename Visit>
  void for_each_global(const Visit& visit) const {
    const auto globals = artifact_->globals();
    for (uint32_t i = artifact_->header().imported_globals; i < globals.size(); ++i) {
      visit(unpack(globals[i].type), slot<Value>(layout_.global(i)));
    }
  }

  // Types as others see them: concrete references are process-wide numbers (func_types.h).
  wasm::ValueType type_of(const ArtifactType& type) const;
  wasm::TableType type_of(const ArtifactTable& table) const;
  wasm::GlobalType type_of(const ArtifactGlobal& global) const;

 private:
  friend class Store;
  friend class Linker;
  friend struct BuiltinFunctions;

  Instance(std::shared_ptr<const Artifact> artifact, Store& store);

  template <typename T>
  T& slot(uint32_t offset) const {
    return *reinterpret_cast<T*>(reinterpret_cast<std::byte*>(context_) + offset);
  }
  const ArtifactExport* export_named(std::string_view name) const;
  Function function(uint32_t index);
  /// The funcref of any function of the module, made at its first use.
  FuncRef* func_ref(uint32_t function);
  Value evaluate(const ArtifactConst& expression);
  Value evaluate_code(const ArtifactConst& expression);

  bool initialize_tables();
  bool initialize_memories();
  uint64_t element_count(uint32_t segment) const;  // 0 once dropped
  void* element(const ArtifactElement& segment, uint64_t index);
  bool can_init_table(uint32_t table, uint32_t segment, uint64_t to, uint64_t from,
                      uint64_t count) const;
  bool can_init_memory(uint32_t memory, uint32_t segment, uint64_t to, uint64_t from,
                       uint64_t count) const;
  // False, and nothing written, if out of bounds.
  bool table_init(uint32_t table, uint32_t segment, uint64_t to, uint64_t from, uint64_t count);
  bool memory_init(uint32_t memory, uint32_t segment, uint64_t to, uint64_t from, uint64_t count);

  Store& store_;
  std::shared_ptr<const Artifact> artifact_;
  ContextLayout layout_;
  Context* context_ = nullptr;
  std::vector<Memory*> memories_;
  std::vector<Table*> tables_;
  FuncRef* func_refs_ = nullptr;  // of own functions; code is null until made
  std::vector<bool> dropped_elements_;
  std::vector<bool> dropped_data_;
};

}  // namespace wasmedge::run
