// Any bytes as config.json: a Spec, or an error that names a field.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "oci/spec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto spec = wasmedge::oci::parse_spec({reinterpret_cast<const char*>(data), size});
  if (!spec && spec.error().message.empty()) __builtin_trap();
  return 0;
}
