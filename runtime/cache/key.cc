#include "runtime/cache/key.h"

#include "runtime/base/cpu.h"

namespace wasmedge::cache {

Sha256 sha256(std::span<const std::byte> bytes) {
  return Sha256Hasher().add(bytes.data(), bytes.size()).digest();
}

std::string Key::hex() const {
  return wasmedge::hex(digest);
}

Key key_of(const Sha256& module, const CodeKind& kind) {
  Sha256Hasher hasher;
  hasher.add(module.data(), module.size()).add(compiler_build()).add(target_cpu(kind.target));
  if (kind.metered) hasher.add("metered");
  return Key{hasher.digest()};
}

}  // namespace wasmedge::cache
