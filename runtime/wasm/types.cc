#include "runtime/wasm/types.h"

#include <fmt/format.h>

namespace wasmedge::wasm {

namespace {

std::string_view name_of(HeapKind heap) {
  switch (heap) {
    case HeapKind::kFunc:
      return "func";
    case HeapKind::kExtern:
      return "extern";
    case HeapKind::kExn:
      return "exn";
    case HeapKind::kNoFunc:
      return "nofunc";
    case HeapKind::kNoExtern:
      return "noextern";
    case HeapKind::kNoExn:
      return "noexn";
    case HeapKind::kBottom:
      return "bottom";
    case HeapKind::kIndexed:
      break;
  }
  return "";
}

std::string list(const std::vector<ValueType>& types) {
  std::string text = "[";
  for (const ValueType type : types) {
    if (text.size() > 1) text += ' ';
    text += to_string(type);
  }
  return text + "]";
}

}  // namespace

std::string to_string(ValueType type) {
  switch (type.kind) {
    case ValueKind::kI32:
      return "i32";
    case ValueKind::kI64:
      return "i64";
    case ValueKind::kF32:
      return "f32";
    case ValueKind::kF64:
      return "f64";
    case ValueKind::kV128:
      return "v128";
    case ValueKind::kRef:
      break;
  }
  if (type == kFuncRef || type == kExternRef || type == kExnRef) {
    return fmt::format("{}ref", name_of(type.heap));
  }
  const std::string_view null = type.nullable ? "null " : "";
  if (type.heap == HeapKind::kIndexed) return fmt::format("(ref {}{})", null, type.index);
  return fmt::format("(ref {}{})", null, name_of(type.heap));
}

std::string to_string(const FuncType& type) {
  return list(type.parameters) + " -> " + list(type.results);
}

std::string_view to_string(ExternKind kind) {
  switch (kind) {
    case ExternKind::kFunc:
      return "function";
    case ExternKind::kTable:
      return "table";
    case ExternKind::kMemory:
      return "memory";
    case ExternKind::kGlobal:
      return "global";
    case ExternKind::kTag:
      return "tag";
  }
  return "unknown";
}

}  // namespace wasmedge::wasm
