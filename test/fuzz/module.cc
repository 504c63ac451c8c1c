// Any bytes: decode and validate answer with a value or an error, within bounds.
#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/wasm/module.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto module = wasmedge::wasm::decode(std::as_bytes(std::span(data, size)));
  if (module) (void)wasmedge::wasm::validate(*module);
  return 0;
}
