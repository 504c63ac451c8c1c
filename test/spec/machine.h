#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/run/store.h"
#include "runtime/wasm/opcodes.h"

namespace wasmedge::spec {

/// Bytes of a module file, through decoder and validator. Error: theirs, or that the file cannot be
/// read.
Result<> validate_file(const std::filesystem::path& path);

/// The module `spectest` that every script may import.
class Spectest {
 public:
  static Result<Spectest> make(run::Store& store);
  std::optional<run::Extern> find(std::string_view name) const;

 private:
  struct Item {
    std::string_view name;
    run::Extern value;
  };
  std::vector<Item> items_;
};

}  // namespace wasmedge::spec
