#include "oci/pack/sink.h"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace wasmedge::oci {

Result<> read_into(const Sink& sink, int file, uint64_t size, std::string_view name) {
  std::array<char, 65536> buffer{};
  for (uint64_t at = 0; at < size;) {
    const auto wanted = static_cast<size_t>(std::min<uint64_t>(buffer.size(), size - at));
    const ssize_t got = ::pread(file, buffer.data(), wanted, static_cast<off_t>(at));
    if (got < 0) return fail_errno("read {}", name);
    if (got == 0) {
      return fail(ErrorCode::kFailedPrecondition, "{}: became shorter while it was read", name);
    }
    TRY(sink({buffer.data(), static_cast<size_t>(got)}));
    at += static_cast<uint64_t>(got);
  }
  return {};
}

}  // namespace wasmedge::oci
