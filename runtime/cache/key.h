#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/architecture.h"
#include "runtime/base/sha256.h"

/// What an artifact is found by. Everything that decides what the compiler would produce is in the
/// key: the module's bytes, the compiler, and the CPU. So an artifact is never stale, only unused.
namespace wasmedge::cache {

using wasmedge::Sha256;

Sha256 sha256(std::span<const std::byte> bytes);

/// Identity of the compiler in this build: a digest over the sources that decide what an artifact
/// holds, made by the build (no number to bump). 32 hex digits; the same in every program of a
/// build.
std::string_view compiler_build();

struct Key {
  Sha256 digest{};

  bool operator==(const Key&) const = default;
  /// 64 hex digits: the artifact's file name in the cache.
  std::string hex() const;
};

/// What kinds of code there are of one module.
struct CodeKind {
  Architecture target = kThisArchitecture;
  bool metered = false;  // it uses up fuel
};

/// Key of the module with this SHA-256, for this compiler and target_cpu(target) (base/cpu.h).
Key key_of(const Sha256& module, const CodeKind& kind = {});

}  // namespace wasmedge::cache
