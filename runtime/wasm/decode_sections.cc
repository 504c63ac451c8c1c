#include "runtime/base/limits.h"
#include "runtime/wasm/decoder.h"
#include "runtime/wasm/instructions.h"

namespace wasmedge::wasm {

namespace {

constexpr uint8_t kRecForm = 0x4e;
constexpr uint8_t kSubForm = 0x50;
constexpr uint8_t kSubFinalForm = 0x4f;

bool read_mutability(Reader& reader) {
  const uint32_t offset = reader.offset();
  const uint8_t mutability = reader.byte();
  if (mutability > 1) reader.malformed(offset, "malformed mutability {:#04x}", mutability);
  return mutability == 1;
}

// Bits of the flags that limits begin with.
constexpr uint8_t kHasMaximum = 1;
constexpr uint8_t kIsShared = 2;
constexpr uint8_t kIs64 = 4;
constexpr uint8_t kHasPageSize = 8;

uint8_t read_limits_flags(Reader& reader, uint8_t known) {
  const uint32_t offset = reader.offset();
  const uint8_t flags = reader.byte();
  if ((flags & ~known) != 0) reader.malformed(offset, "malformed limits flags {:#04x}", flags);
  return flags;
}

SizeLimits read_limits(Reader& reader, uint8_t flags) {
  SizeLimits limits;
  limits.shared = (flags & kIsShared) != 0;
  limits.is64 = (flags & kIs64) != 0;
  limits.min = reader.u64();
  if ((flags & kHasMaximum) != 0) limits.max = reader.u64();
  return limits;
}

/// The binary logarithm of a page size. Which of them are valid is for validation.
uint32_t read_page_size(Reader& reader) {
  const uint32_t offset = reader.offset();
  const uint32_t log2 = reader.u32();
  if (log2 > 64) reader.malformed(offset, "malformed custom page size 2^{}", log2);
  return log2;
}

std::vector<ValueType> read_value_types(Reader& reader, uint32_t limit, std::string_view what) {
  const uint32_t count = reader.count(limit, what);
  std::vector<ValueType> types;
  types.reserve(count);
  for (uint32_t i = 0; i < count && reader.ok(); ++i) types.push_back(read_value_type(reader));
  return types;
}

}  // namespace

FuncType read_func_type(Reader& reader) {
  constexpr uint8_t kFuncForm = 0x60, kStructForm = 0x5f, kArrayForm = 0x5e;
  const uint32_t offset = reader.offset();
  const uint8_t form = reader.byte();
  if (form == kStructForm || form == kArrayForm) {
    reader.unsupported(offset, Feature::kGc);
  } else if (form != kFuncForm) {
    reader.malformed(offset, "malformed type: form {:#04x} is no function type", form);
  }
  FuncType type;
  type.parameters = read_value_types(reader, kLimits.parameters, "parameters");
  type.results = read_value_types(reader, kLimits.results, "results");
  return type;
}

TableType read_table_type(Reader& reader) {
  TableType type;
  type.element = read_ref_type(reader);
  type.limits = read_limits(reader, read_limits_flags(reader, kHasMaximum | kIs64));
  return type;
}

MemoryType read_memory_type(Reader& reader) {
  MemoryType type;
  const uint8_t flags = read_limits_flags(reader, kHasMaximum | kIsShared | kIs64 | kHasPageSize);
  type.limits = read_limits(reader, flags);
  if ((flags & kHasPageSize) != 0) type.page_log2 = read_page_size(reader);
  return type;
}

GlobalType read_global_type(Reader& reader) {
  GlobalType type;
  type.value = read_value_type(reader);
  type.is_mutable = read_mutability(reader);
  return type;
}

uint32_t read_tag_type(Reader& reader) {
  const uint32_t offset = reader.offset();
  if (reader.byte() != 0) reader.malformed(offset, "malformed tag: zero byte expected");
  return reader.u32();
}

void Decoder::types(Reader& reader) {
  const uint32_t count = reader.count(kLimits.types, "types");
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const bool is_group = reader.peek() == kRecForm;
    if (is_group) reader.byte();
    type_group(reader, is_group ? reader.count(kLimits.types, "types of a group") : 1);
  }
}

void Decoder::type_group(Reader& reader, uint32_t size) {
  const uint32_t offset = reader.offset();
  const auto first = static_cast<uint32_t>(module_.types.size());
  if (first + size > kLimits.types) {
    reader.over_limit(offset, "types", first + size, kLimits.types);
  }
  for (uint32_t i = 0; i < size && reader.ok(); ++i) {
    TypeDeclaration declared{.group = first, .group_size = size, .at = reader.offset()};
    const uint8_t form = reader.peek();
    if (form == kSubForm || form == kSubFinalForm) {
      reader.byte();
      declared.is_final = form == kSubFinalForm;
      const uint32_t supers = reader.count(1, "supertypes");
      if (supers == 1) declared.super = reader.u32();
    }
    module_.types.push_back(read_func_type(reader));
    module_.type_declarations.push_back(declared);
  }
}

void Decoder::imports(Reader& reader) {
  const uint32_t count = reader.count(kLimits.imports, "imports");
  for (uint32_t i = 0; i < count && reader.ok(); ++i) import(reader);
  module_.imported_functions = static_cast<uint32_t>(module_.functions.size());
  module_.imported_globals = static_cast<uint32_t>(module_.globals.size());
}

void Decoder::import(Reader& reader) {
  const uint32_t at = reader.offset();
  Import import;
  import.module = reader.name();
  import.name = reader.name();
  const uint32_t offset = reader.offset();
  const uint8_t kind = reader.byte();
  if (kind > static_cast<uint8_t>(ExternKind::kTag)) {
    reader.malformed(offset, "malformed import kind {:#04x}", kind);
    return;
  }
  import.kind = static_cast<ExternKind>(kind);
  switch (import.kind) {
    case ExternKind::kFunc:
      import.index = static_cast<uint32_t>(module_.functions.size());
      module_.functions.push_back({.type = reader.u32(), .imported = true, .at = at});
      break;
    case ExternKind::kTable:
      import.index = static_cast<uint32_t>(module_.tables.size());
      module_.tables.push_back({.type = read_table_type(reader), .imported = true, .at = at});
      break;
    case ExternKind::kMemory:
      import.index = static_cast<uint32_t>(module_.memories.size());
      module_.memories.push_back({.type = read_memory_type(reader), .imported = true, .at = at});
      break;
    case ExternKind::kGlobal:
      import.index = static_cast<uint32_t>(module_.globals.size());
      module_.globals.push_back({.type = read_global_type(reader), .imported = true, .at = at});
      break;
    case ExternKind::kTag:
      import.index = static_cast<uint32_t>(module_.tags.size());
      module_.tags.push_back({.type = read_tag_type(reader), .imported = true, .at = at});
      break;
  }
  if (reader.ok()) module_.imports.push_back(import);
}

void Decoder::functions(Reader& reader) {
  const uint32_t count = reader.count(kLimits.functions, "functions");
  module_.functions.reserve(module_.functions.size() + count);
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const uint32_t at = reader.offset();
    module_.functions.push_back({.type = reader.u32(), .at = at});
  }
}

void Decoder::tables(Reader& reader) {
  constexpr uint8_t kWithInit = 0x40;
  const uint32_t count = reader.count(kLimits.tables, "tables");
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    Table table;
    table.at = reader.offset();
    const bool with_init = reader.peek() == kWithInit;
    if (with_init) {
      reader.byte();
      const uint32_t offset = reader.offset();
      if (reader.byte() != 0) reader.malformed(offset, "malformed table: zero byte expected");
    }
    table.type = read_table_type(reader);
    if (with_init) table.init = read_const_expr(reader, table.type.element);
    module_.tables.push_back(table);
  }
}

void Decoder::memories(Reader& reader) {
  const uint32_t count = reader.count(kLimits.memories, "memories");
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const uint32_t at = reader.offset();
    module_.memories.push_back({.type = read_memory_type(reader), .at = at});
  }
}

void Decoder::tags(Reader& reader) {
  const uint32_t count = reader.count(kLimits.tags, "tags");
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const uint32_t at = reader.offset();
    module_.tags.push_back({.type = read_tag_type(reader), .at = at});
  }
}

void Decoder::globals(Reader& reader) {
  const uint32_t count = reader.count(kLimits.globals, "globals");
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    Global global;
    global.at = reader.offset();
    global.type = read_global_type(reader);
    global.init = read_const_expr(reader, global.type.value);
    module_.globals.push_back(global);
  }
}

void Decoder::exports(Reader& reader) {
  const uint32_t count = reader.count(kLimits.exports, "exports");
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    Export item;
    item.at = reader.offset();
    item.name = reader.name();
    const uint32_t offset = reader.offset();
    const uint8_t kind = reader.byte();
    item.kind = static_cast<ExternKind>(kind);
    item.index = reader.u32();
    if (item.kind > ExternKind::kTag) {
      reader.malformed(offset, "malformed export kind {:#04x}", kind);
    }
    if (reader.ok()) module_.exports.push_back(item);
  }
}

void Decoder::code(Reader& reader) {
  code_offset_ = reader.offset();
  code_bodies_ = reader.count(kLimits.functions, "function bodies");
  for (uint32_t i = 0; i < code_bodies_ && reader.ok(); ++i) {
    const uint32_t start = reader.offset();
    const uint32_t size = reader.u32();
    if (size > kLimits.function_bytes) {
      reader.over_limit(start, "bytes in a function body", size, kLimits.function_bytes);
    }
    const ByteRange body{reader.offset(), size};
    reader.bytes(size);
    const size_t index = size_t{module_.imported_functions} + i;
    if (index < module_.functions.size()) module_.functions[index].body = body;
  }
}

}  // namespace wasmedge::wasm
