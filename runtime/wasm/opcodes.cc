#include "runtime/wasm/opcodes.h"

namespace wasmedge::wasm {

std::string_view to_string(Feature feature) {
  switch (feature) {
    case Feature::kCore:
      return "core";
    case Feature::kSignExtension:
      return "sign extension";
    case Feature::kSaturatingFloatToInt:
      return "saturating float-to-int";
    case Feature::kBulkMemory:
      return "bulk memory";
    case Feature::kReferenceTypes:
      return "reference types";
    case Feature::kSimd:
      return "simd";
    case Feature::kRelaxedSimd:
      return "relaxed simd";
    case Feature::kTailCall:
      return "tail call";
    case Feature::kExceptionHandling:
      return "exception handling";
    case Feature::kLegacyExceptions:
      return "legacy exceptions";
    case Feature::kFunctionReferences:
      return "function references";
    case Feature::kGc:
      return "gc";
    case Feature::kThreads:
      return "threads";
    case Feature::kWideArithmetic:
      return "wide arithmetic";
    case Feature::kStackSwitching:
      return "stack switching";
  }
  return "unknown";
}

namespace {

std::optional<Feature> feature_of_byte(uint32_t opcode) {
  switch (opcode) {
    case 0xd3:  // ref.eq
      return Feature::kGc;
    default:
      if (opcode >= 0xe0 && opcode <= 0xe5) return Feature::kStackSwitching;
      return std::nullopt;
  }
}

}  // namespace

std::optional<Feature> feature_of_unknown(uint32_t encoding) {
  if (encoding <= 0xff) return feature_of_byte(encoding);
  const uint32_t sub = encoding & 0xffff;
  switch (encoding >> 16) {
    case 0xfb:
      if (sub <= 0x1e) return Feature::kGc;
      break;
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace wasmedge::wasm
