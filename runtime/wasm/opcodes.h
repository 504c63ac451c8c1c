#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/wasm/types.h"

namespace wasmedge::wasm {

/// Parts of Wasm by the proposal that brought them, as the messages name them.
enum class Feature : uint8_t {
  kCore,
  kSignExtension,
  kSaturatingFloatToInt,
  kBulkMemory,
  kReferenceTypes,
  kWideArithmetic,
  kThreads,
  kSimd,
  kRelaxedSimd,
  kFunctionReferences,
  kTailCall,
  kExceptionHandling,
  kLegacyExceptions,
  // Recognised, not supported.
  kGc,
  kStackSwitching,
};

/// "simd", "tail call", …
std::string_view to_string(Feature feature);

/// Every instruction of opcodes.def.
enum class Op : uint16_t {
#define WASM_OP(id, encoding, text, immediate, signature, feature) id,
#include "runtime/wasm/opcodes.def"
};

/// A fixed signature: at most three parameters, at most one result.
struct Signature {
  std::array<char, 3> parameters{};  // letters of opcodes.def, in order; 0 behind the last
  uint8_t parameter_count = 0;
  char result = 0;       // 0: none
  bool special = false;  // typed by a rule of its own
};

/// Reads the signature column of opcodes.def.
constexpr Signature parse_signature(std::string_view text) {
  Signature signature;
  if (text == "*") {
    signature.special = true;
    return signature;
  }
  size_t i = 0;
  for (; text[i] != ':'; ++i) signature.parameters[signature.parameter_count++] = text[i];
  if (++i < text.size()) signature.result = text[i];
  return signature;
}

/// A row of opcodes.def.
struct OpInfo {
  std::string_view text;
  uint32_t encoding = 0;
  Signature signature;
  Feature feature = Feature::kCore;
};

inline constexpr OpInfo kOpInfos[] = {
#define WASM_OP(id, encoding, text, immediate, signature, feature) \
  {text, encoding, parse_signature(signature), Feature::feature},
#include "runtime/wasm/opcodes.def"
};

constexpr const OpInfo& info(Op op) {
  return kOpInfos[static_cast<size_t>(op)];
}

/// The feature that an encoding without a row belongs to; none if Wasm does not define the
/// encoding.
std::optional<Feature> feature_of_unknown(uint32_t encoding);

}  // namespace wasmedge::wasm
