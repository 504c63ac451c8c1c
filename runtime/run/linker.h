#pragma once

#include "runtime/run/host.h"
#include "runtime/run/instance.h"
#include "runtime/run/store.h"

namespace wasmedge::run {

/// Fills a new instance's context: canonical types, imports, then its own memories, globals and
/// tables (in that order: initialisers read what stands before them).
class Linker {
 public:
  /// `peer`: as Store::link says.
  Linker(Store& store, Instance& instance, const Instance* peer)
      : store_(store), instance_(instance), peer_(peer) {}
  Result<> link(const Resolver& resolver);

 private:
  void bind_types();
  wasm::GroupMember group_member(uint32_t first, const ArtifactFuncType& type) const;
  Result<> bind_import(const ArtifactImport& import, const Resolver& resolver);
  Result<> bind_memory(uint32_t index, Memory* memory);
  Result<Memory*> make_memory(uint32_t index);
  Result<> make_memories();
  void make_tags();
  void make_globals();
  Result<> make_tables();

  Store& store_;
  Instance& instance_;
  const Instance* peer_;
};

}  // namespace wasmedge::run
