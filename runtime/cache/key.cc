#include "runtime/cache/key.h"

#include <fmt/format.h>
#include <nettle/sha2.h>

#include "runtime/base/cpu.h"

namespace wasmedge::cache {
namespace {

class Hasher {
 public:
  Hasher() { sha256_init(&context_); }
  Hasher& add(const void* bytes, size_t count) {
    sha256_update(&context_, count, static_cast<const uint8_t*>(bytes));
    return *this;
  }
  // The NUL ends the text, so that no two sequences of texts hash alike.
  Hasher& add(std::string_view text) { return add(text.data(), text.size()).add("", 1); }
  Sha256 digest() {
    Sha256 result;
    sha256_digest(&context_, result.size(), result.data());
    return result;
  }

 private:
  sha256_ctx context_{};
};

}  // namespace

Sha256 sha256(std::span<const std::byte> bytes) {
  return Hasher().add(bytes.data(), bytes.size()).digest();
}

std::string Key::hex() const {
  std::string text;
  text.reserve(2 * digest.size());
  for (const uint8_t byte : digest) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

Key key_of(const Sha256& module, const CodeKind& kind) {
  Hasher hasher;
  hasher.add(module.data(), module.size()).add(compiler_build()).add(target_cpu(kind.target));
  if (kind.metered) hasher.add("metered");
  return Key{hasher.digest()};
}

}  // namespace wasmedge::cache
