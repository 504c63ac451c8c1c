#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/wasm/opcodes.h"
#include "runtime/wasm/reader.h"
#include "runtime/wasm/types.h"

namespace wasmedge::wasm {

// Immediates of instructions: what follows the opcode, decoded but not validated. Indexes may be
// out of range until validate() has passed the module.

struct NoImm {};

/// Type of a block: nothing, one result, or a function type.
struct BlockType {
  enum class Kind : uint8_t { kEmpty, kValue, kIndex };
  Kind kind = Kind::kEmpty;
  ValueType value;     // kValue: the result
  uint32_t index = 0;  // kIndex: into Module::types
};
struct BlockImm {
  BlockType type;
};
struct LabelImm {
  uint32_t depth;  // 0 is the innermost block
};
struct BrTableImm {
  std::vector<uint32_t> targets;  // depths
  uint32_t default_target;
};
struct FuncImm {
  uint32_t function;
};
struct CallIndirectImm {
  uint32_t type;
  uint32_t table;
};
struct LocalImm {
  uint32_t local;
};
struct GlobalImm {
  uint32_t global;
};
struct TableImm {
  uint32_t table;
};
struct TableCopyImm {
  uint32_t to_table;
  uint32_t from_table;
};
struct TableInitImm {
  uint32_t segment;
  uint32_t table;
};
struct ElemImm {
  uint32_t segment;
};
struct MemArgImm {
  uint32_t align_log2;
  uint32_t memory;
  uint64_t offset;  // bytes; beyond 32 bits only valid with a 64-bit memory
};
/// An access of 1 << `size_log2` bytes.
template <unsigned size_log2>
struct MemArg : MemArgImm {
  static constexpr unsigned kSizeLog2 = size_log2;
};
/// Such an access by one lane of a v128.
template <unsigned size_log2>
struct MemArgLane : MemArg<size_log2> {
  uint8_t lane;
  static constexpr unsigned kLanes = 16 >> size_log2;
};
/// An atomic access of 1 << `size_log2` bytes.
template <unsigned size_log2>
struct AtomicArg : MemArgImm {
  static constexpr unsigned kSizeLog2 = size_log2;
};
struct FenceImm {};
struct MemImm {
  uint32_t memory;
};
struct MemCopyImm {
  uint32_t to_memory;
  uint32_t from_memory;
};
struct MemInitImm {
  uint32_t segment;
  uint32_t memory;
};
struct DataImm {
  uint32_t segment;
};
struct I32Imm {
  int32_t value;
};
struct I64Imm {
  int64_t value;
};
struct F32Imm {
  uint32_t bits;
};
struct F64Imm {
  uint64_t bits;
};
struct V128Imm {
  uint64_t low;
  uint64_t high;
};
/// One of `lanes` lanes.
template <unsigned lanes>
struct LaneImm {
  uint8_t lane;
};
struct ShuffleImm {
  std::array<uint8_t, 16> lanes;  // of both operands, one behind the other
};
struct SelectImm {
  std::vector<ValueType> types;  // valid with exactly one
};
struct RefTypeImm {
  ValueType type;  // the nullable reference type that ref.null gives
};
struct TypeImm {
  uint32_t type;
};
struct TagImm {
  uint32_t tag;
};
/// A clause of try_table: exceptions of `tag`, or all, branch to `depth`, which counts from outside
/// of the try_table; with the exception's values, and the -Ref kinds with its reference behind
/// them.
struct CatchClause {
  enum class Kind : uint8_t { kTag, kTagRef, kAll, kAllRef };
  Kind kind = Kind::kTag;
  uint32_t tag = 0;
  uint32_t depth = 0;
};
struct TryTableImm {
  BlockType type;
  std::vector<CatchClause> clauses;
};
struct FuncRefImm {
  uint32_t function;
};

void read(Reader& reader, NoImm& imm);
void read(Reader& reader, BlockImm& imm);
void read(Reader& reader, LabelImm& imm);
void read(Reader& reader, BrTableImm& imm);
void read(Reader& reader, FuncImm& imm);
void read(Reader& reader, CallIndirectImm& imm);
void read(Reader& reader, LocalImm& imm);
void read(Reader& reader, GlobalImm& imm);
void read(Reader& reader, TableImm& imm);
void read(Reader& reader, TableCopyImm& imm);
void read(Reader& reader, TableInitImm& imm);
void read(Reader& reader, ElemImm& imm);
void read(Reader& reader, MemArgImm& imm);
void read(Reader& reader, FenceImm& imm);
void read(Reader& reader, MemImm& imm);
void read(Reader& reader, MemCopyImm& imm);
void read(Reader& reader, MemInitImm& imm);
void read(Reader& reader, DataImm& imm);
void read(Reader& reader, I32Imm& imm);
void read(Reader& reader, I64Imm& imm);
void read(Reader& reader, F32Imm& imm);
void read(Reader& reader, F64Imm& imm);
void read(Reader& reader, V128Imm& imm);
void read(Reader& reader, ShuffleImm& imm);
void read(Reader& reader, SelectImm& imm);
void read(Reader& reader, RefTypeImm& imm);
void read(Reader& reader, TypeImm& imm);
void read(Reader& reader, TagImm& imm);
void read(Reader& reader, TryTableImm& imm);
void read(Reader& reader, FuncRefImm& imm);

template <unsigned size_log2>
void read(Reader& reader, MemArgLane<size_log2>& imm) {
  read(reader, static_cast<MemArgImm&>(imm));
  imm.lane = reader.byte();
}
template <unsigned lanes>
void read(Reader& reader, LaneImm<lanes>& imm) {
  imm.lane = reader.byte();
}

/// A value type, or a reference type. Types of features not supported fail the reader.
ValueType read_value_type(Reader& reader);
ValueType read_ref_type(Reader& reader);

/// Moves past the declarations of locals that a valid body begins with.
void skip_locals(Reader& reader);

/// An opcode as opcodes.def encodes it: byte, or prefix << 16 | sub-opcode.
uint32_t read_opcode(Reader& reader);
/// Fails the reader for an encoding that opcodes.def has no row for.
void unknown_opcode(Reader& reader, uint32_t offset, uint32_t encoding);

/// Decodes ONE instruction and hands it to `visitor.<id>(immediate)`, unless it is malformed. A
/// visitor declares its members from opcodes.def:
///
///   #define WASM_OP(id, encoding, text, immediate, signature, feature) void id(const immediate&
///   imm); #include "runtime/wasm/opcodes.def"
///
/// Members may instead be inherited or overloaded on the immediate's base (MemArgImm). The
/// instruction's own offset is reader.offset() before the call. Error: the reader's.
template <class Visitor>
const Result<>& visit(Reader& reader, Visitor& visitor) {
  const uint32_t offset = reader.offset();
  const uint32_t encoding = read_opcode(reader);
  switch (encoding) {
#define WASM_OP(id, encoding, text, immediate, signature, feature) \
  case encoding: {                                                 \
    immediate imm{};                                               \
    read(reader, imm);                                             \
    if (reader.ok()) [[likely]]                                    \
      visitor.id(imm);                                             \
    break;                                                         \
  }
#include "runtime/wasm/opcodes.def"
    default:
      unknown_opcode(reader, offset, encoding);
  }
  return reader.status();
}

}  // namespace wasmedge::wasm
