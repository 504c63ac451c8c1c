#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wasmedge::wasm {

/// What a reference may point to (spec: heap types). A concrete type is `kIndexed` plus
/// ValueType::index. `kBottom` is below them all; only validation has it, for unreachable code.
enum class HeapKind : uint8_t {
  kFunc,
  kExtern,
  kExn,
  kNoFunc,
  kNoExtern,
  kNoExn,
  kIndexed,
  kBottom
};

/// The abstract type above all of a kind: func, extern or exn. References below different ones have
/// nothing in common.
constexpr HeapKind top_of(HeapKind heap) {
  switch (heap) {
    case HeapKind::kNoExtern:
      return HeapKind::kExtern;
    case HeapKind::kNoExn:
      return HeapKind::kExn;
    case HeapKind::kNoFunc:
    case HeapKind::kIndexed:
      return HeapKind::kFunc;
    default:
      return heap;
  }
}

/// Kinds of value types; the byte is the binary format's where the format has one byte.
enum class ValueKind : uint8_t {
  kI32 = 0x7f,
  kI64 = 0x7e,
  kF32 = 0x7d,
  kF64 = 0x7c,
  kV128 = 0x7b,
  kRef = 0x70,
};

/// A value type (spec: valtype). For kRef, `heap`, `nullable` and (kIndexed) `index` tell which
/// reference.
struct ValueType {
  ValueKind kind = ValueKind::kI32;
  HeapKind heap = HeapKind::kFunc;
  bool nullable = true;
  uint32_t index = 0;

  bool operator==(const ValueType&) const = default;
  constexpr bool is_ref() const { return kind == ValueKind::kRef; }
  constexpr bool is_concrete() const { return is_ref() && heap == HeapKind::kIndexed; }
  /// Whether it has a default value: zero or null.
  constexpr bool is_defaultable() const { return !is_ref() || nullable; }
};

inline constexpr ValueType kI32{ValueKind::kI32};
inline constexpr ValueType kI64{ValueKind::kI64};
inline constexpr ValueType kF32{ValueKind::kF32};
inline constexpr ValueType kF64{ValueKind::kF64};
inline constexpr ValueType kV128{ValueKind::kV128};
inline constexpr ValueType kFuncRef{ValueKind::kRef, HeapKind::kFunc, true};
inline constexpr ValueType kExternRef{ValueKind::kRef, HeapKind::kExtern, true};
inline constexpr ValueType kExnRef{ValueKind::kRef, HeapKind::kExn, true};

/// The type's name in the text format, for messages: "i32", "funcref", "(ref null 3)".
std::string to_string(ValueType type);

/// Function type: [parameters] -> [results].
struct FuncType {
  std::vector<ValueType> parameters;
  std::vector<ValueType> results;
  bool operator==(const FuncType&) const = default;
};
std::string to_string(const FuncType& type);

/// Limits of a memory (in pages) or a table (in elements). `is64`: addresses are i64 (memory64,
/// table64).
struct SizeLimits {
  uint64_t min = 0;
  std::optional<uint64_t> max;
  bool shared = false;
  bool is64 = false;
};

struct MemoryType {
  SizeLimits limits;
  uint32_t page_log2 = 16;  // custom-page-sizes: 0 or 16
};
/// The most pages that a valid memory type may name; its page size is valid.
constexpr uint64_t most_pages(const MemoryType& type) {
  const uint64_t most_bytes = type.limits.is64 ? ~uint64_t{0} : ~uint32_t{0};  // but one
  if (type.page_log2 == 0) return most_bytes;
  return (most_bytes >> type.page_log2) + 1;
}

struct TableType {
  ValueType element = kFuncRef;
  SizeLimits limits;
};

struct GlobalType {
  ValueType value;
  bool is_mutable = false;
};

enum class ExternKind : uint8_t { kFunc = 0, kTable = 1, kMemory = 2, kGlobal = 3, kTag = 4 };
std::string_view to_string(ExternKind kind);

}  // namespace wasmedge::wasm
