// Any bytes, made into a valid module, compiled with and without optimisation: both must do the
// same.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "test/fuzz/differential/program.h"
#include "test/fuzz/differential/record.h"

using wasmedge::compile::Quality;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto module = wasmedge::fuzz::generate({data, size});
  const auto bytes = std::as_bytes(std::span(module));
  const auto best = wasmedge::fuzz::record(bytes, Quality::kBest);
  const auto none = wasmedge::fuzz::record(bytes, Quality::kNone);
  if (best && none && wasmedge::fuzz::agree(*best, *none)) return 0;
  std::fprintf(stderr, "best: %s\nnone: %s\n", wasmedge::fuzz::to_json("", best).c_str(),
               wasmedge::fuzz::to_json("", none).c_str());
  std::abort();
}
