#pragma once

#include <string_view>

#include "runtime/run/host.h"

namespace wasmedge::run {

/// One import: asks the resolver for it and checks what comes back (spec: import matching). The
/// errors are kInvalidArgument and begin with the spec's words, "unknown import" or "incompatible
/// import type".
class ImportMatch {
 public:
  ImportMatch(std::string_view module, std::string_view name, const Resolver& resolver)
      : module_(module), name_(name), resolver_(resolver) {}

  Result<ExternFunction> function(uint64_t type) const;
  Result<const Tag*> tag(uint64_t type) const;
  Result<Table*> table(const wasm::TableType& type) const;
  Result<Memory*> memory(const wasm::MemoryType& type) const;
  Result<Global> global(const wasm::GlobalType& type) const;

 private:
  template <typename T, typename Type, typename Matches>
  Result<T> resolve(wasm::ExternKind kind, uint64_t func_type, const Type& wanted,
                    const Matches& matches) const;

  std::string_view module_;
  std::string_view name_;
  const Resolver& resolver_;
};

}  // namespace wasmedge::run
