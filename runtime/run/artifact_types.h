#pragma once

#include "runtime/run/artifact.h"
#include "runtime/wasm/types.h"

/// Value types as the artifact has them, and back.
namespace wasmedge::run {

constexpr ArtifactType pack(const wasm::ValueType& type) {
  const auto kind = static_cast<uint32_t>(type.kind);
  if (!type.is_ref()) return {kind, 0};
  return {kind | static_cast<uint32_t>(type.heap) << 8 | (type.nullable ? 1u << 16 : 0u),
          type.index};
}

/// Precondition: `type` came from pack().
constexpr wasm::ValueType unpack(const ArtifactType& type) {
  const auto kind = static_cast<wasm::ValueKind>(type.kind & 0xff);
  if (kind != wasm::ValueKind::kRef) return {kind};
  return {kind, static_cast<wasm::HeapKind>(type.kind >> 8 & 0xff), (type.kind >> 16 & 1) != 0,
          type.index};
}

/// Precondition: `limits` are checked.
inline wasm::SizeLimits unpack_limits(const ArtifactLimits& limits) {
  const bool has_max = limits.max != ~uint64_t{0};
  return {limits.min, has_max ? std::optional(limits.max) : std::nullopt, limits.shared != 0,
          limits.is64 != 0};
}

}  // namespace wasmedge::run
