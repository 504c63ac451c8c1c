#include "runtime/run/artifact_check.h"

#include <array>

#include "runtime/run/artifact_checker.h"

namespace wasmedge::run {

using wasm::ExternKind;

Result<> ArtifactChecker::check_sections() {
  constexpr uint64_t kAny = ~uint64_t{0};
  TRY(check_slice(header_.rodata, 1, kArtifactPage, kAny, "rodata"));
  TRY(check_slice(header_.text, 1, kArtifactPage, uint64_t{1} << 31, "text"));
  TRY(check_slice(header_.image, 1, kArtifactPage, kAny, "image"));
  TRY(check_slice(header_.strings, 1, 1, ~uint32_t{0}, "strings"));
  if (header_.text.offset < kArtifactPage) return damaged("text: overlaps the header");
  return {};
}

Result<> ArtifactChecker::check_arrays() {
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
  TRY(check_array<ArtifactTag>(header_.tags, uint64_t{limits.tags} + limits.imports, "tags"));
  TRY(check_array<ArtifactUnwind>(header_.unwind, kAny, "unwind"));
  TRY(check_array<ArtifactSaved>(header_.saved, kAny, "saved"));
  TRY(check_array<ArtifactLandingPad>(header_.landing_pads, kAny, "landing_pads"));
  TRY(check_array<ArtifactFrame>(header_.frames, kAny, "frames"));
  TRY(check_array<ArtifactLine>(header_.lines, kAny, "lines"));
  TRY(check_array<ArtifactString>(header_.files, kAny, "files"));
  tags_ = records<ArtifactTag>(header_.tags);
  types_ = records<ArtifactFuncType>(header_.types);
  functions_ = records<ArtifactFunction>(header_.functions);
  globals_ = records<ArtifactGlobal>(header_.globals);
  memories_ = records<ArtifactMemory>(header_.memories);
  tables_ = records<ArtifactTable>(header_.tables);
  return {};
}

Result<> ArtifactChecker::check_types() {
  const uint64_t values = header_.value_types.count;
  for (size_t i = 0; i < types_.size(); ++i) {
    const ArtifactFuncType& type = types_[i];
    if (type.parameters > kLimits.parameters || type.results > kLimits.results ||
        uint64_t{type.first} + type.parameters + type.results > values) {
      return damaged("types[{}]: {} parameters and {} results from {} on are not in value_types", i,
                     type.parameters, type.results, type.first);
    }
    if (type.entry != 0 && !in_text(type.entry, 1)) {
      return damaged("types[{}].entry: offset {} is not in text", i, type.entry);
    }
    TRY(check_group(i));
  }
  return {};
}

// Groups follow each other; a type names types up to the end of its group, a supertype before it.
Result<> ArtifactChecker::check_group(size_t index) {
  const ArtifactFuncType& type = types_[index];
  const uint64_t end = type.group_end();
  const bool is_first = index == 0 || types_[index - 1].group != type.group;
  const bool is_apart = index == 0 || !is_first || types_[index - 1].group_end() == index;
  if (type.group > index || end <= index || end > types_.size() || !is_apart ||
      (is_first ? type.group != index : types_[index - 1].group_size != type.group_size)) {
    return damaged("types[{}].group: {} types from {} on", index, type.group_size, type.group);
  }
  if (type.is_final > 1 || (type.super != ~uint32_t{0} && type.super >= index)) {
    return damaged("types[{}].super: {}, final {}", index, type.super, type.is_final);
  }
  const auto values = records<ArtifactType>(header_.value_types);
  for (uint32_t i = type.first; i < type.first + type.parameters + type.results; ++i) {
    if (!is_valid(values[i], end)) {
      return damaged("value_types[{}]: {:#x} {} is not a value type", i, values[i].kind,
                     values[i].index);
    }
  }
  return {};
}

Result<> ArtifactChecker::check_functions() {
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
  const auto files = records<ArtifactString>(header_.files);
  for (size_t i = 0; i < files.size(); ++i) {
    if (!is_string(files[i])) return damaged("files[{}]: not in strings", i);
  }
  return {};
}

// Imports stand first in their index spaces, in order; the records there tell the same.
Result<> ArtifactChecker::check_imports() {
  std::array<uint32_t, 5> seen{};
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
  TRY(check(tags_, count(ExternKind::kTag), "tags"));
  return check(tables_, count(ExternKind::kTable), "tables");
}

Result<> ArtifactChecker::check_exports() {
  const std::array<size_t, 5> counts = {functions_.size(), tables_.size(), memories_.size(),
                                        globals_.size(), tags_.size()};
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

Result<> ArtifactChecker::check_start() {
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

bool ArtifactChecker::is_valid(const ArtifactType& type, uint64_t types) {
  const wasm::ValueType value = unpack(type);
  switch (value.kind) {
    case wasm::ValueKind::kI32:
    case wasm::ValueKind::kI64:
    case wasm::ValueKind::kF32:
    case wasm::ValueKind::kF64:
    case wasm::ValueKind::kV128:
      break;
    case wasm::ValueKind::kRef:
      if (value.heap > wasm::HeapKind::kIndexed) return false;
      if (value.is_concrete() && value.index >= types) return false;
      break;
    default:
      return false;
  }
  return same(pack(value), type);
}

bool is_reference(const ArtifactType& type) {
  return (type.kind & 0xff) == static_cast<uint32_t>(wasm::ValueKind::kRef);
}

Result<> check_artifact(std::span<const std::byte> file, Architecture target) {
  return ArtifactChecker(file, target).check();
}

}  // namespace wasmedge::run
