#pragma once

#include <nettle/sha2.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wasmedge {

using Sha256 = std::array<uint8_t, 32>;

/// SHA-256 of bytes that come in pieces.
class Sha256Hasher {
 public:
  Sha256Hasher() { sha256_init(&context_); }
  Sha256Hasher& add(const void* bytes, size_t count) {
    sha256_update(&context_, count, static_cast<const uint8_t*>(bytes));
    return *this;
  }
  /// A text and a NUL to end it, so that no two sequences of texts hash alike.
  Sha256Hasher& add(std::string_view text) { return add(text.data(), text.size()).add("", 1); }
  /// Of all that was added; begins anew.
  Sha256 digest() {
    Sha256 result;
    sha256_digest(&context_, result.size(), result.data());
    return result;
  }

 private:
  sha256_ctx context_{};
};

/// 64 hex digits.
std::string hex(const Sha256& digest);

}  // namespace wasmedge
