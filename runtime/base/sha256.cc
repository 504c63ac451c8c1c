#include "runtime/base/sha256.h"

#include <fmt/format.h>

namespace wasmedge {

std::string hex(const Sha256& digest) {
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

}  // namespace wasmedge
