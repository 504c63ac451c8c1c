#include "test/spec/fill.h"

#include <fmt/format.h>

#include "test/spec/machine.h"

namespace wasmedge::spec {

Tally fill_cache(const Script& script, Artifacts artifacts) {
  Tally tally;
  for (const auto& entry : std::filesystem::directory_iterator(script.path.parent_path())) {
    if (entry.path().extension() != ".wasm" || !validate_file(entry.path())) continue;
    if (const auto built = artifacts.build(entry.path()); !built) {
      tally.failures.push_back(fmt::format(
          "{}: {}: {}", script.name, entry.path().filename().string(), built.error().message));
    }
  }
  tally.compiled = artifacts.compiled();
  tally.from_cache = artifacts.from_cache();
  return tally;
}

}  // namespace wasmedge::spec
