#include "runtime/wasm/instructions.h"

#include "runtime/base/limits.h"

namespace wasmedge::wasm {

namespace {

/// Abstract heap types, by their byte; fails the reader for those of features not supported.
HeapKind heap_kind_of_byte(Reader& reader, uint32_t offset, uint8_t byte) {
  switch (byte) {
    case 0x70:
      return HeapKind::kFunc;
    case 0x6f:
      return HeapKind::kExtern;
    case 0x69:
      return HeapKind::kExn;
    case 0x73:
      return HeapKind::kNoFunc;
    case 0x72:
      return HeapKind::kNoExtern;
    case 0x74:
      return HeapKind::kNoExn;
    case 0x68:  // cont
    case 0x75:  // nocont
      reader.unsupported(offset, Feature::kStackSwitching);
      break;
    case 0x6a:  // array
    case 0x6b:  // struct
    case 0x6c:  // i31
    case 0x6d:  // eq
    case 0x6e:  // any
    case 0x71:  // none
      reader.unsupported(offset, Feature::kGc);
      break;
    default:
      reader.malformed(offset, "malformed heap type {:#04x}", byte);
  }
  return HeapKind::kFunc;
}

/// One-byte numbers below zero are abstract heap types; type indexes are positive.
ValueType read_heap_type(Reader& reader, bool nullable) {
  const uint32_t offset = reader.offset();
  ValueType type{ValueKind::kRef, HeapKind::kIndexed, nullable};
  if ((reader.peek() & 0xc0) == 0x40) {
    type.heap = heap_kind_of_byte(reader, offset, reader.byte());
    return type;
  }
  const int64_t index = reader.s33();
  if (index < 0) reader.malformed(offset, "malformed heap type");
  type.index = static_cast<uint32_t>(index);
  return type;
}

ValueType value_type_of_byte(Reader& reader, uint32_t offset, uint8_t byte) {
  switch (byte) {
    case 0x7f:
      return kI32;
    case 0x7e:
      return kI64;
    case 0x7d:
      return kF32;
    case 0x7c:
      return kF64;
    case 0x7b:
      return kV128;
    case 0x63:
      return read_heap_type(reader, true);
    case 0x64:
      return read_heap_type(reader, false);
    default:
      break;
  }
  if (byte < 0x68 || byte > 0x75) {
    reader.malformed(offset, "malformed value type {:#04x}", byte);
    return kI32;
  }
  return {ValueKind::kRef, heap_kind_of_byte(reader, offset, byte), true};
}

}  // namespace

ValueType read_value_type(Reader& reader) {
  const uint32_t offset = reader.offset();
  const uint8_t byte = reader.byte();
  return reader.ok() ? value_type_of_byte(reader, offset, byte) : kI32;
}

ValueType read_ref_type(Reader& reader) {
  const uint32_t offset = reader.offset();
  const ValueType type = read_value_type(reader);
  if (reader.ok() && !type.is_ref()) reader.malformed(offset, "malformed reference type");
  return reader.ok() ? type : kFuncRef;
}

void read(Reader&, NoImm&) {}

void read(Reader& reader, BlockImm& imm) {
  const uint8_t byte = reader.peek();
  if (byte == 0x40) {
    reader.byte();
    return;
  }
  // One-byte negative numbers are value types; type indexes are positive, in as many bytes as s33
  // allows.
  if ((byte & 0xc0) == 0x40) {
    imm.type.kind = BlockType::Kind::kValue;
    imm.type.value = read_value_type(reader);
    return;
  }
  const uint32_t offset = reader.offset();
  const int64_t index = reader.s33();
  if (index < 0) reader.malformed(offset, "malformed block type");
  imm.type.kind = BlockType::Kind::kIndex;
  imm.type.index = static_cast<uint32_t>(index);
}

void read(Reader& reader, LabelImm& imm) {
  imm.depth = reader.u32();
}

void read(Reader& reader, BrTableImm& imm) {
  const uint32_t count = reader.count(kLimits.br_table_targets, "br_table targets");
  imm.targets.reserve(count);
  for (uint32_t i = 0; i < count && reader.ok(); ++i) imm.targets.push_back(reader.u32());
  imm.default_target = reader.u32();
}

void read(Reader& reader, FuncImm& imm) {
  imm.function = reader.u32();
}

void read(Reader& reader, CallIndirectImm& imm) {
  imm.type = reader.u32();
  imm.table = reader.u32();
}

void read(Reader& reader, LocalImm& imm) {
  imm.local = reader.u32();
}
void read(Reader& reader, GlobalImm& imm) {
  imm.global = reader.u32();
}
void read(Reader& reader, TableImm& imm) {
  imm.table = reader.u32();
}

void read(Reader& reader, TableCopyImm& imm) {
  imm.to_table = reader.u32();
  imm.from_table = reader.u32();
}

void read(Reader& reader, TableInitImm& imm) {
  imm.segment = reader.u32();
  imm.table = reader.u32();
}

void read(Reader& reader, ElemImm& imm) {
  imm.segment = reader.u32();
}

void read(Reader& reader, MemArgImm& imm) {
  constexpr uint32_t kHasMemory = 1u << 6;
  const uint32_t offset = reader.offset();
  const uint32_t flags = reader.u32();
  if (flags >= 2 * kHasMemory) reader.malformed(offset, "malformed memop flags {:#x}", flags);
  imm.align_log2 = flags & (kHasMemory - 1);
  imm.memory = (flags & kHasMemory) != 0 ? reader.u32() : 0;
  imm.offset = reader.u64();
}

// A byte for kinds of fences to come.
void read(Reader& reader, FenceImm&) {
  const uint32_t offset = reader.offset();
  if (reader.byte() != 0) reader.malformed(offset, "malformed fence: zero byte expected");
}

void read(Reader& reader, MemImm& imm) {
  imm.memory = reader.u32();
}

void read(Reader& reader, MemCopyImm& imm) {
  imm.to_memory = reader.u32();
  imm.from_memory = reader.u32();
}

void read(Reader& reader, MemInitImm& imm) {
  imm.segment = reader.u32();
  imm.memory = reader.u32();
}

void read(Reader& reader, DataImm& imm) {
  imm.segment = reader.u32();
}
void read(Reader& reader, I32Imm& imm) {
  imm.value = reader.s32();
}
void read(Reader& reader, I64Imm& imm) {
  imm.value = reader.s64();
}
void read(Reader& reader, F32Imm& imm) {
  imm.bits = reader.fixed<uint32_t>();
}
void read(Reader& reader, F64Imm& imm) {
  imm.bits = reader.fixed<uint64_t>();
}

void read(Reader& reader, V128Imm& imm) {
  imm.low = reader.fixed<uint64_t>();
  imm.high = reader.fixed<uint64_t>();
}

void read(Reader& reader, ShuffleImm& imm) {
  for (uint8_t& lane : imm.lanes) lane = reader.byte();
}

void read(Reader& reader, SelectImm& imm) {
  const uint32_t count = reader.count(kLimits.results, "types of a select");
  imm.types.reserve(count);
  for (uint32_t i = 0; i < count && reader.ok(); ++i) imm.types.push_back(read_value_type(reader));
}

void read(Reader& reader, RefTypeImm& imm) {
  imm.type = read_heap_type(reader, true);
}

void read(Reader& reader, TypeImm& imm) {
  imm.type = reader.u32();
}

void read(Reader& reader, TagImm& imm) {
  imm.tag = reader.u32();
}

void read(Reader& reader, TryTableImm& imm) {
  BlockImm block;
  read(reader, block);
  imm.type = block.type;
  const uint32_t count = reader.count(kLimits.br_table_targets, "catch clauses");
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    CatchClause& clause = imm.clauses.emplace_back();
    const uint32_t offset = reader.offset();
    const uint8_t kind = reader.byte();
    if (kind > static_cast<uint8_t>(CatchClause::Kind::kAllRef)) {
      reader.malformed(offset, "malformed catch clause {:#04x}", kind);
      return;
    }
    clause.kind = static_cast<CatchClause::Kind>(kind);
    const bool has_tag = kind <= static_cast<uint8_t>(CatchClause::Kind::kTagRef);
    if (has_tag) clause.tag = reader.u32();
    clause.depth = reader.u32();
  }
}

void read(Reader& reader, FuncRefImm& imm) {
  imm.function = reader.u32();
}

void skip_locals(Reader& reader) {
  for (uint32_t runs = reader.u32(); runs > 0; --runs) {
    reader.u32();
    read_value_type(reader);
  }
}

uint32_t read_opcode(Reader& reader) {
  const uint32_t offset = reader.offset();
  const uint8_t byte = reader.byte();
  if (byte < 0xfb || byte == 0xff) return byte;
  const uint32_t sub = reader.u32();
  if (sub > 0xffff) reader.malformed(offset, "illegal opcode {:#04x} {}", byte, sub);
  return static_cast<uint32_t>(byte) << 16 | (sub & 0xffff);
}

void unknown_opcode(Reader& reader, uint32_t offset, uint32_t encoding) {
  if (const auto feature = feature_of_unknown(encoding)) {
    reader.unsupported(offset, *feature);
  } else if (encoding <= 0xff) {
    reader.malformed(offset, "illegal opcode {:#04x}", encoding);
  } else {
    reader.malformed(offset, "illegal opcode {:#04x} {}", encoding >> 16, encoding & 0xffff);
  }
}

}  // namespace wasmedge::wasm
