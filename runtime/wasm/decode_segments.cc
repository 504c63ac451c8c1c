#include "runtime/base/limits.h"
#include "runtime/wasm/decoder.h"
#include "runtime/wasm/instructions.h"

namespace wasmedge::wasm {

namespace {

/// Finds the end of an expression and tells its form. Whether it is constant is for validation.
class ExprScanner {
 public:
  // What is not named below is merely an instruction that makes the expression a long one.
#define WASM_OP(id, encoding, text, immediate, signature, feature) \
  void id(const immediate& imm) { on(Op::id, imm); }
#include "runtime/wasm/opcodes.def"

  bool ended() const { return ended_; }
  void describe(ConstExpr& expr) const {
    expr.kind = instructions_ == 1 ? kind_ : ConstExpr::Kind::kExpression;
    if (expr.kind == ConstExpr::Kind::kConst) {
      expr.bits = bits_;
      expr.bits_high = bits_high_;
    }
    if (expr.kind != ConstExpr::Kind::kExpression) expr.index = index_;
  }

 private:
  template <class Imm>
  void on(Op op, const Imm& imm) {
    if (op == Op::block || op == Op::loop || op == Op::if_ || op == Op::try_ ||
        op == Op::try_table) {
      ++depth_;
    }
    if (op == Op::delegate && depth_ != 0) --depth_;
    if (op == Op::end && depth_-- == 0) {
      ended_ = true;
      return;
    }
    ++instructions_;
    kind_ = ConstExpr::Kind::kExpression;
    note(imm);
  }
  void note(const I32Imm& imm) { constant(static_cast<uint32_t>(imm.value)); }
  void note(const I64Imm& imm) { constant(static_cast<uint64_t>(imm.value)); }
  void note(const F32Imm& imm) { constant(imm.bits); }
  void note(const F64Imm& imm) { constant(imm.bits); }
  void note(const V128Imm& imm) {
    constant(imm.low);
    bits_high_ = imm.high;
  }
  void note(const RefTypeImm&) { kind_ = ConstExpr::Kind::kRefNull; }
  void note(const FuncRefImm& imm) {
    kind_ = ConstExpr::Kind::kRefFunc;
    index_ = imm.function;
  }
  // Also global.set, which validation refuses.
  void note(const GlobalImm& imm) {
    kind_ = ConstExpr::Kind::kGlobalGet;
    index_ = imm.global;
  }
  template <class Imm>
  void note(const Imm&) {}
  void constant(uint64_t bits) {
    kind_ = ConstExpr::Kind::kConst;
    bits_ = bits;
  }

  ConstExpr::Kind kind_ = ConstExpr::Kind::kExpression;
  uint64_t bits_ = 0;
  uint64_t bits_high_ = 0;
  uint32_t index_ = 0;
  uint32_t instructions_ = 0;
  uint32_t depth_ = 0;
  bool ended_ = false;
};

/// The type that element segments with function indexes name by a byte.
void read_element_kind(Reader& reader) {
  const uint32_t offset = reader.offset();
  if (reader.byte() != 0) reader.malformed(offset, "malformed element kind");
}

void read_elements(Reader& reader, bool expressions, ElementSegment& segment, uint64_t& total) {
  const uint32_t start = reader.offset();
  const uint32_t count = reader.count(kLimits.elements_a_segment, "elements");
  total += count;
  if (total > kLimits.elements) {
    return reader.over_limit(start, "elements in all segments", total, kLimits.elements);
  }
  segment.elements.reserve(count);
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    if (expressions) {
      segment.elements.push_back(read_const_expr(reader, segment.type));
    } else {
      segment.elements.push_back({.kind = ConstExpr::Kind::kRefFunc,
                                  .type = segment.type,
                                  .index = reader.u32(),
                                  .code = {}});
    }
  }
}

}  // namespace

ConstExpr read_const_expr(Reader& reader, ValueType type) {
  ConstExpr expr;
  expr.type = type;
  expr.code.offset = reader.offset();
  ExprScanner scanner;
  while (!scanner.ended() && reader.ok()) visit(reader, scanner);
  expr.code.size = reader.offset() - expr.code.offset;
  scanner.describe(expr);
  return expr;
}

ElementSegment read_element_segment(Reader& reader, uint64_t& elements) {
  // Bits: not active; a table index (active) or declarative (not active); expressions.
  const uint32_t offset = reader.offset();
  const uint32_t flags = reader.u32();
  if (flags > 7) reader.malformed(offset, "malformed element segment flags {:#x}", flags);
  const bool expressions = (flags & 4) != 0;
  ElementSegment segment;
  segment.at = offset;
  if ((flags & 1) == 0) {
    if ((flags & 2) != 0) segment.table = reader.u32();
    segment.offset = read_const_expr(reader, kI32);  // until the table's address type is known
  } else {
    segment.mode = (flags & 2) != 0 ? SegmentMode::kDeclarative : SegmentMode::kPassive;
  }
  if ((flags & 3) != 0) {
    if (expressions) {
      segment.type = read_ref_type(reader);
    } else {
      read_element_kind(reader);
    }
  }
  if (!expressions) segment.type.nullable = false;  // functions by index are never null
  read_elements(reader, expressions, segment, elements);
  return segment;
}

DataSegment read_data_segment(Reader& reader) {
  const uint32_t offset = reader.offset();
  const uint32_t flags = reader.u32();
  if (flags > 2) reader.malformed(offset, "malformed data segment flags {:#x}", flags);
  DataSegment segment;
  segment.at = offset;
  if (flags == 1) {
    segment.mode = SegmentMode::kPassive;
  } else {
    if (flags == 2) segment.memory = reader.u32();
    segment.offset = read_const_expr(reader, kI32);  // likewise
  }
  const uint32_t size = reader.u32();
  segment.bytes = {reader.offset(), size};
  reader.bytes(size);
  return segment;
}

void Decoder::elements(Reader& reader) {
  const uint32_t count = reader.count(kLimits.element_segments, "element segments");
  uint64_t elements = 0;
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    ElementSegment segment = read_element_segment(reader, elements);
    if (segment.table < module_.tables.size() && module_.tables[segment.table].type.limits.is64) {
      segment.offset.type = kI64;
    }
    module_.elements.push_back(std::move(segment));
  }
}

void Decoder::data(Reader& reader) {
  data_offset_ = reader.offset();
  const uint32_t count = reader.count(kLimits.data_segments, "data segments");
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    DataSegment segment = read_data_segment(reader);
    if (segment.memory < module_.memories.size() &&
        module_.memories[segment.memory].type.limits.is64) {
      segment.offset.type = kI64;
    }
    module_.data.push_back(segment);
  }
}

}  // namespace wasmedge::wasm
