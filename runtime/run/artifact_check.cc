#include "runtime/run/artifact_check.h"

#include <array>

#include "runtime/base/limits.h"
#include "runtime/run/artifact_types.h"
#include "runtime/wasm/module.h"

namespace wasmedge::run {
namespace {

using wasm::ExternKind;

template <typename... Args>
tl::unexpected<Error> damaged(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

class Checker {
 public:
  explicit Checker(std::span<const std::byte> file)
      : file_(file), header_(*reinterpret_cast<const ArtifactHeader*>(file.data())) {}

  Result<> check() {
    TRY(check_sections());
    TRY(check_arrays());
    TRY(check_types());
    TRY(check_functions());
    TRY(check_imports());
    TRY(check_exports());
    TRY(check_globals());
    TRY(check_memories());
    TRY(check_tables());
    TRY(check_elements());
    TRY(check_data());
    return check_start();
  }

 private:
  // `count` records of `size` bytes fit the file, aligned.
  Result<> check_slice(Slice slice, size_t size, size_t alignment, uint64_t most,
                       std::string_view field) {
    if (slice.offset > file_.size() || slice.count > (file_.size() - slice.offset) / size) {
      return damaged("{}: {} records at offset {} are beyond the end of the file", field,
                     slice.count, slice.offset);
    }
    if (slice.offset % alignment != 0) {
      return damaged("{}: offset {} is not aligned to {} bytes", field, slice.offset, alignment);
    }
    if (slice.count > most) {
      return damaged("{}: {} records are over the limit of {}", field, slice.count, most);
    }
    return {};
  }
  template <typename T>
  Result<> check_array(Slice slice, uint64_t most, std::string_view field) {
    return check_slice(slice, sizeof(T), alignof(T), most, field);
  }
  template <typename T>
  std::span<const T> records(Slice slice) const {
    return {reinterpret_cast<const T*>(file_.data() + slice.offset), slice.count};
  }
  bool in_text(uint64_t offset, uint64_t size) const {
    const Slice& text = header_.text;
    return offset >= text.offset && offset - text.offset < text.count &&
           size <= text.count - (offset - text.offset);
  }
  bool is_string(ArtifactString string) const {
    return string.offset <= header_.strings.count &&
           string.size <= header_.strings.count - string.offset;
  }

  Result<> check_sections();
  Result<> check_arrays();
  Result<> check_types();
  Result<> check_functions();
  Result<> check_imports();
  Result<> check_exports();
  Result<> check_globals();
  Result<> check_memories();
  Result<> check_image();
  Result<> check_tables();
  Result<> check_elements();
  Result<> check_data();
  Result<> check_start();
  Result<> check_const(const ArtifactConst& constant, const ArtifactType& type,
                       uint64_t visible_globals, std::string_view field, size_t index);
  bool is_enterable(uint32_t function) const {
    return types_[functions_[function].type].entry != 0;
  }

  std::span<const std::byte> file_;
  const ArtifactHeader& header_;
  std::span<const ArtifactFuncType> types_;
  std::span<const ArtifactFunction> functions_;
  std::span<const ArtifactGlobal> globals_;
  std::span<const ArtifactMemory> memories_;
  std::span<const ArtifactTable> tables_;
};

bool same(const ArtifactType& a, const ArtifactType& b) {
  return a.kind == b.kind && a.index == b.index;
}

constexpr ArtifactType kI32Type = pack(wasm::kI32);

Result<> Checker::check_sections() {
  constexpr uint64_t kAny = ~uint64_t{0};
  TRY(check_slice(header_.rodata, 1, kArtifactPage, kAny, "rodata"));
  TRY(check_slice(header_.text, 1, kArtifactPage, uint64_t{1} << 31, "text"));
  TRY(check_slice(header_.image, 1, kArtifactPage, kAny, "image"));
  TRY(check_slice(header_.strings, 1, 1, ~uint32_t{0}, "strings"));
  if (header_.text.offset < kArtifactPage) return damaged("text: overlaps the header");
  return {};
}

Result<> Checker::check_arrays() {
  const Limits& limits = kLimits;
  constexpr uint64_t kAny = ~uint32_t{0};
  TRY(check_array<ArtifactType>(header_.value_types, kAny, "value_types"));
  TRY(check_array<ArtifactFuncType>(header_.types, limits.types, "types"));
  TRY(check_array<ArtifactImport>(header_.imports, limits.imports, "imports"));
  TRY(check_array<ArtifactExport>(header_.exports, limits.exports, "exports"));
  const uint64_t functions = uint64_t{limits.functions} + limits.imports;
  TRY(check_array<ArtifactFunction>(header_.functions, functions, "functions"));
  const uint64_t globals = uint64_t{limits.globals} + limits.imports;
  TRY(check_array<ArtifactGlobal>(header_.globals, globals, "globals"));
  TRY(check_array<ArtifactMemory>(header_.memories, limits.memories, "memories"));
  TRY(check_array<ArtifactTable>(header_.tables, limits.tables, "tables"));
  TRY(check_array<ArtifactElement>(header_.elements, limits.element_segments, "elements"));
  TRY(check_array<ArtifactData>(header_.data, limits.data_segments, "data"));
  TRY(check_array<ArtifactSite>(header_.sites, kAny, "sites"));
  types_ = records<ArtifactFuncType>(header_.types);
  functions_ = records<ArtifactFunction>(header_.functions);
  globals_ = records<ArtifactGlobal>(header_.globals);
  memories_ = records<ArtifactMemory>(header_.memories);
  tables_ = records<ArtifactTable>(header_.tables);
  return {};
}

Result<> Checker::check_types() {
  const auto values = records<ArtifactType>(header_.value_types);
  for (size_t i = 0; i < values.size(); ++i) {
    if (!is_valid(values[i])) {
      return damaged("value_types[{}]: {:#x} is not a value type", i, values[i].kind);
    }
  }
  for (size_t i = 0; i < types_.size(); ++i) {
    const ArtifactFuncType& type = types_[i];
    if (type.parameters > kLimits.parameters || type.results > kLimits.results ||
        uint64_t{type.first} + type.parameters + type.results > values.size()) {
      return damaged("types[{}]: {} parameters and {} results from {} on are not in value_types", i,
                     type.parameters, type.results, type.first);
    }
    if (type.entry != 0 && !in_text(type.entry, 1)) {
      return damaged("types[{}].entry: offset {} is not in text", i, type.entry);
    }
  }
  return {};
}

Result<> Checker::check_functions() {
  if (header_.imported_functions > functions_.size()) {
    return damaged("imported_functions: {} is more than all functions", header_.imported_functions);
  }
  for (size_t i = 0; i < functions_.size(); ++i) {
    const ArtifactFunction& function = functions_[i];
    if (function.type >= types_.size()) {
      return damaged("functions[{}].type: {} is not below {}", i, function.type, types_.size());
    }
    const bool imported = i < header_.imported_functions;
    if (!imported && !in_text(function.code, function.code_size)) {
      return damaged("functions[{}].code: {} bytes at offset {} are not in text", i,
                     function.code_size, function.code);
    }
    if (!is_string(function.name)) return damaged("functions[{}].name: not in strings", i);
  }
  return {};
}

// Imports stand first in their index spaces, in order; the records there tell the same.
Result<> Checker::check_imports() {
  std::array<uint32_t, 4> seen{};
  const auto imports = records<ArtifactImport>(header_.imports);
  for (size_t i = 0; i < imports.size(); ++i) {
    const ArtifactImport& import = imports[i];
    if (import.kind >= seen.size()) {
      return damaged("imports[{}].kind: {} is not a kind that can be imported", i, import.kind);
    }
    if (import.index != seen[import.kind]++) {
      return damaged("imports[{}].index: {} is out of order", i, import.index);
    }
    if (!is_string(import.module)) return damaged("imports[{}].module: not in strings", i);
    if (!is_string(import.name)) return damaged("imports[{}].name: not in strings", i);
  }
  const auto count = [&seen](ExternKind kind) { return seen[static_cast<size_t>(kind)]; };
  if (count(ExternKind::kFunc) != header_.imported_functions) {
    return damaged("imported_functions: {}, but imports has {}", header_.imported_functions,
                   count(ExternKind::kFunc));
  }
  if (count(ExternKind::kGlobal) != header_.imported_globals) {
    return damaged("imported_globals: {}, but imports has {}", header_.imported_globals,
                   count(ExternKind::kGlobal));
  }
  const auto check = [](const auto& all, uint32_t imported, std::string_view field) -> Result<> {
    if (imported > all.size()) {
      return damaged("{}: {} are imported, but there are {}", field, imported, all.size());
    }
    for (size_t i = 0; i < all.size(); ++i) {
      if (all[i].imported != (i < imported ? 1 : 0)) {
        return damaged("{}[{}].imported: {} disagrees with imports", field, i, all[i].imported);
      }
    }
    return {};
  };
  TRY(check(globals_, count(ExternKind::kGlobal), "globals"));
  TRY(check(memories_, count(ExternKind::kMemory), "memories"));
  return check(tables_, count(ExternKind::kTable), "tables");
}

Result<> Checker::check_exports() {
  const std::array<size_t, 4> counts = {functions_.size(), tables_.size(), memories_.size(),
                                        globals_.size()};
  const auto exports = records<ArtifactExport>(header_.exports);
  for (size_t i = 0; i < exports.size(); ++i) {
    const ArtifactExport& entry = exports[i];
    if (entry.kind >= counts.size()) {
      return damaged("exports[{}].kind: {} is not a kind that can be exported", i, entry.kind);
    }
    if (entry.index >= counts[entry.kind]) {
      return damaged("exports[{}].index: {} is not below {}", i, entry.index, counts[entry.kind]);
    }
    if (!is_string(entry.name)) return damaged("exports[{}].name: not in strings", i);
    if (entry.kind == static_cast<uint32_t>(ExternKind::kFunc) && !is_enterable(entry.index)) {
      return damaged("exports[{}]: function {} has no entry", i, entry.index);
    }
  }
  return {};
}

Result<> Checker::check_const(const ArtifactConst& constant, const ArtifactType& type,
                              uint64_t visible_globals, std::string_view field, size_t index) {
  using Kind = wasm::ConstExpr::Kind;
  if (!same(constant.type, type)) {
    return damaged("{}[{}]: constant of type {:#x}, where {:#x} is needed", field, index,
                   constant.type.kind, type.kind);
  }
  bool good = false;
  switch (static_cast<Kind>(constant.kind)) {
    case Kind::kConst:
      good = !is_reference(type);
      break;
    case Kind::kGlobalGet:
      good = constant.index < visible_globals && same(globals_[constant.index].type, type);
      break;
    case Kind::kRefNull:
      good = is_reference(type);
      break;
    case Kind::kRefFunc:
      good = is_reference(type) && constant.index < functions_.size();
      break;
    case Kind::kExpression:
      good = in_text(constant.code, 1);
      break;
  }
  if (!good) {
    return damaged("{}[{}]: constant of kind {} with index {} and code {} is not possible here",
                   field, index, constant.kind, constant.index, constant.code);
  }
  return {};
}

Result<> Checker::check_globals() {
  for (size_t i = 0; i < globals_.size(); ++i) {
    const ArtifactGlobal& global = globals_[i];
    if (!is_valid(global.type)) {
      return damaged("globals[{}].type: {:#x} is not a value type", i, global.type.kind);
    }
    if (global.imported == 0) TRY(check_const(global.init, global.type, i, "globals", i));
  }
  return {};
}

Result<> Checker::check_memories() {
  for (size_t i = 0; i < memories_.size(); ++i) {
    const ArtifactMemory& memory = memories_[i];
    const ArtifactLimits& limits = memory.limits;
    if (memory.page_log2 != 16 || limits.shared != 0 || limits.is64 != 0) {
      return damaged("memories[{}]: page size 2^{}, shared {}, 64-bit {}: not supported", i,
                     memory.page_log2, limits.shared, limits.is64);
    }
    if (limits.min > limits.max || limits.min > kLimits.memory32_pages) {
      return damaged("memories[{}].limits: minimum {}, maximum {}", i, limits.min, limits.max);
    }
  }
  return check_image();
}

Result<> Checker::check_image() {
  if (header_.image.count == 0) return {};
  if (memories_.empty() || memories_[0].imported != 0) {
    return damaged("image: the module has no memory of its own");
  }
  const uint64_t size = memories_[0].limits.min << memories_[0].page_log2;
  if (header_.image_address % kArtifactPage != 0 || header_.image_address > size ||
      header_.image.count > size - header_.image_address) {
    return damaged("image_address: {} bytes at address {} are not in memory 0", header_.image.count,
                   header_.image_address);
  }
  return {};
}

Result<> Checker::check_tables() {
  for (size_t i = 0; i < tables_.size(); ++i) {
    const ArtifactTable& table = tables_[i];
    const ArtifactLimits& limits = table.limits;
    if (!is_valid(table.element) || !is_reference(table.element)) {
      return damaged("tables[{}].element: {:#x} is not a reference type", i, table.element.kind);
    }
    if (limits.min > limits.max || limits.is64 != 0 || limits.shared != 0) {
      return damaged("tables[{}].limits: minimum {}, maximum {}, shared {}, 64-bit {}", i,
                     limits.min, limits.max, limits.shared, limits.is64);
    }
    if (table.imported == 0 && table.has_init != 0) {
      TRY(check_const(table.init, table.element, globals_.size(), "tables", i));
    }
  }
  return {};
}

Result<> Checker::check_elements() {
  const auto elements = records<ArtifactElement>(header_.elements);
  for (size_t i = 0; i < elements.size(); ++i) {
    const ArtifactElement& segment = elements[i];
    if (segment.mode > static_cast<uint32_t>(wasm::SegmentMode::kDeclarative)) {
      return damaged("elements[{}].mode: {}", i, segment.mode);
    }
    if (!is_valid(segment.type) || !is_reference(segment.type)) {
      return damaged("elements[{}].type: {:#x} is not a reference type", i, segment.type.kind);
    }
    if (segment.mode == static_cast<uint32_t>(wasm::SegmentMode::kActive)) {
      if (segment.table >= tables_.size() || !same(tables_[segment.table].element, segment.type)) {
        return damaged("elements[{}].table: {} is not a table of that type", i, segment.table);
      }
      TRY(check_const(segment.offset, kI32Type, globals_.size(), "elements", i));
    }
    TRY(check_array<uint32_t>(segment.functions, kLimits.elements_a_segment, "elements.functions"));
    for (const uint32_t function : records<uint32_t>(segment.functions)) {
      if (function != ~uint32_t{0} && function >= functions_.size()) {
        return damaged("elements[{}].functions: {} is not below {}", i, function,
                       functions_.size());
      }
    }
    TRY(check_array<ArtifactConst>(segment.consts, kLimits.elements_a_segment, "elements.consts"));
    for (const ArtifactConst& constant : records<ArtifactConst>(segment.consts)) {
      TRY(check_const(constant, segment.type, globals_.size(), "elements.consts", i));
    }
  }
  return {};
}

Result<> Checker::check_data() {
  const auto data = records<ArtifactData>(header_.data);
  for (size_t i = 0; i < data.size(); ++i) {
    const ArtifactData& segment = data[i];
    if (segment.mode > static_cast<uint32_t>(wasm::SegmentMode::kPassive)) {
      return damaged("data[{}].mode: {}", i, segment.mode);
    }
    if (segment.mode == static_cast<uint32_t>(wasm::SegmentMode::kActive)) {
      if (segment.memory >= memories_.size()) {
        return damaged("data[{}].memory: {} is not below {}", i, segment.memory, memories_.size());
      }
      TRY(check_const(segment.offset, kI32Type, globals_.size(), "data", i));
    }
    TRY(check_slice(segment.bytes, 1, 1, ~uint32_t{0}, "data.bytes"));
  }
  return {};
}

Result<> Checker::check_start() {
  if (header_.start == ~uint32_t{0}) return {};
  if (header_.start >= functions_.size()) {
    return damaged("start: {} is not below {}", header_.start, functions_.size());
  }
  const ArtifactFuncType& type = types_[functions_[header_.start].type];
  if (type.parameters != 0 || type.results != 0 || type.entry == 0) {
    return damaged("start: function {} is not of type [] -> [] with an entry", header_.start);
  }
  return {};
}

}  // namespace

bool is_valid(const ArtifactType& type) {
  const wasm::ValueType value = unpack(type);
  switch (value.kind) {
    case wasm::ValueKind::kI32:
    case wasm::ValueKind::kI64:
    case wasm::ValueKind::kF32:
    case wasm::ValueKind::kF64:
    case wasm::ValueKind::kV128:
      break;
    case wasm::ValueKind::kRef:
      if (value.heap >= wasm::HeapKind::kIndexed) return false;
      break;
    default:
      return false;
  }
  return same(pack(value), type);
}

bool is_reference(const ArtifactType& type) {
  return (type.kind & 0xff) == static_cast<uint32_t>(wasm::ValueKind::kRef);
}

Result<> check_artifact(std::span<const std::byte> file) {
  return Checker(file).check();
}

}  // namespace wasmedge::run
