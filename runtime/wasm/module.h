#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/wasm/types.h"

namespace wasmedge::wasm {

/// A run of bytes in the module, by offset from the module's first byte.
struct ByteRange {
  uint32_t offset = 0;
  uint32_t size = 0;
};

/// A constant expression (spec: constant expressions). The common single-instruction forms are told
/// apart at decode time; anything longer (extended constants) is kExpression, read again from
/// `code`.
struct ConstExpr {
  enum class Kind : uint8_t { kConst, kGlobalGet, kRefNull, kRefFunc, kExpression };
  Kind kind = Kind::kConst;
  ValueType type;          // of the result
  uint64_t bits = 0;       // kConst: the value's bits (i32/f32 zero-extended; v128: low half)
  uint64_t bits_high = 0;  // kConst of v128: high half
  uint32_t index = 0;      // kGlobalGet, kRefFunc
  ByteRange code;          // the expression's bytes, `end` included
};

struct Import {
  std::string_view module;  // views into the module's bytes
  std::string_view name;
  ExternKind kind = ExternKind::kFunc;
  uint32_t index = 0;  // in the index space of its kind
};

struct Export {
  std::string_view name;
  ExternKind kind = ExternKind::kFunc;
  uint32_t index = 0;
  uint32_t at = 0;  // offset: where its entry stands in the module, for messages; likewise below
};

/// How a type is declared, beside its structure (spec: recursive types, sub types).
struct TypeDeclaration {
  uint32_t group = 0;       // its recursion group: the first type's index
  uint32_t group_size = 1;  // and the number of types
  bool is_final = true;
  std::optional<uint32_t> super{};
  uint32_t at = 0;
};

struct Function {
  uint32_t type = 0;  // index into Module::types
  bool imported = false;
  bool declared =
      false;  // ref.func may name it: it stands in an export, element segment or global initialiser
  uint32_t at = 0;
  ByteRange body{};  // locals and code; empty if imported
};

struct Global {
  GlobalType type;
  bool imported = false;
  uint32_t at = 0;
  ConstExpr init{};
};

struct Table {
  TableType type;
  bool imported = false;
  uint32_t at = 0;
  std::optional<ConstExpr> init{};  // of every element; null if absent
};

struct Memory {
  MemoryType type;
  bool imported = false;
  uint32_t at = 0;
};

struct Tag {
  uint32_t type = 0;  // index into Module::types
  bool imported = false;
  uint32_t at = 0;
};

enum class SegmentMode : uint8_t { kActive, kPassive, kDeclarative };

struct ElementSegment {
  SegmentMode mode = SegmentMode::kActive;
  ValueType type = kFuncRef;
  uint32_t table = 0;
  uint32_t at = 0;
  ConstExpr offset;
  std::vector<ConstExpr> elements;
};

struct DataSegment {
  SegmentMode mode = SegmentMode::kActive;
  uint32_t memory = 0;
  uint32_t at = 0;
  ConstExpr offset;
  ByteRange bytes;
};

/// What the section metadata.code.branch_hint says of a br_if or if.
struct BranchHint {
  uint32_t at = 0;      // the instruction's offset
  bool likely = false;  // the condition holds, mostly
};

/// A decoded module. Index spaces are whole: imports come first, as in the spec. It views `bytes`,
/// which must outlive it.
struct Module {
  std::span<const std::byte> bytes;
  std::vector<FuncType> types;
  std::vector<TypeDeclaration> type_declarations;  // of each of `types`
  std::vector<Import> imports;
  std::vector<Function> functions;
  std::vector<Table> tables;
  std::vector<Memory> memories;
  std::vector<Tag> tags;
  std::vector<Global> globals;
  std::vector<Export> exports;
  std::vector<ElementSegment> elements;
  std::vector<DataSegment> data;
  std::optional<uint32_t> data_count;
  std::optional<uint32_t> start;
  uint32_t start_at = 0;
  std::vector<std::string_view>
      function_names;  // name section; may be shorter than `functions`; "" if unnamed
  std::vector<BranchHint> branch_hints;  // by rising offset
  uint32_t imported_functions = 0;
  uint32_t imported_globals = 0;

  std::span<const std::byte> at(ByteRange range) const {
    return bytes.subspan(range.offset, range.size);
  }
  const FuncType& type_of(uint32_t function) const { return types[functions[function].type]; }
  const FuncType& type_of_tag(uint32_t tag) const { return types[tags[tag].type]; }
};

/// Decodes every section but function bodies' instructions. Errors name the byte offset (hex) and
/// the rule: "malformed module at offset 0x1c: …". Bounded by kLimits; iterative.
Result<Module> decode(std::span<const std::byte> bytes);

/// Complete validation of a decoded module (spec: Validation). Errors name offset, function and
/// rule: "invalid module at offset 0x5e, function 3: type mismatch: expected i32, found i64".
Result<> validate(const Module& module);

}  // namespace wasmedge::wasm
