// Any bytes from a ttrpc client, cut into two pieces anywhere: the same calls and replies as in one
// piece.
#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "shim/rpc/connection.h"

using wasmedge::rpc::Connection;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  const size_t cut = data[0] % (bytes.size() + 1);

  Connection whole;
  const auto expected = whole.receive(bytes);

  Connection pieces;
  auto found = pieces.receive(bytes.first(cut));
  auto rest = pieces.receive(bytes.subspan(cut));
  found.replies += rest.replies;
  if (found.replies != expected.replies) __builtin_trap();
  if (found.calls.size() + rest.calls.size() != expected.calls.size()) __builtin_trap();
  return 0;
}
