#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/wasm/instructions.h"
#include "runtime/wasm/module.h"
#include "runtime/wasm/reader.h"
#include "runtime/wasm/type_canon.h"

namespace wasmedge::wasm {

/// A value type on the operand stack, packed to compare in one step; or "any", what an unreachable
/// stack gives.
class Operand {
 public:
  constexpr Operand() = default;
  constexpr Operand(ValueType type)  // NOLINT(google-explicit-constructor): a type is an operand
      : bits_(static_cast<uint64_t>(type.kind) | static_cast<uint64_t>(type.heap) << 8 |
              static_cast<uint64_t>(type.nullable) << 16 |
              static_cast<uint64_t>(type.index) << 32) {}
  constexpr bool operator==(const Operand&) const = default;
  constexpr bool is_any() const { return bits_ == 0; }
  constexpr bool is_ref() const { return (bits_ & 0xff) == static_cast<uint8_t>(ValueKind::kRef); }
  /// Precondition: not any.
  constexpr ValueType type() const {
    return {static_cast<ValueKind>(bits_ & 0xff), static_cast<HeapKind>(bits_ >> 8 & 0xff),
            (bits_ >> 16 & 1) != 0, static_cast<uint32_t>(bits_ >> 32)};
  }
  std::string name() const;

 private:
  uint64_t bits_ = 0;
};

/// Validates instruction sequences: function bodies and constant expressions (spec: appendix
/// "Validation Algorithm"). One object serves a whole module, so that its stacks are allocated
/// once.
///
/// It is a visitor of opcodes.def. Rules that fail are reported to the reader, whose status ends
/// the sequence; a rule's function may go on with nonsense types until then, but never with an
/// index that it has not checked.
class FunctionValidator {
 public:
  FunctionValidator(const Module& module, const ModuleTypes& types)
      : module_(module), types_(types) {}

  /// A defined function's locals and code.
  Result<> function(uint32_t index);
  /// A sequence that must give one `type`; `reader` is at its start. Status is the reader's.
  void expression(Reader& reader, ValueType type);

#define WASM_OP(id, encoding, text, immediate, signature, feature) \
  void id(const immediate& imm) {                                  \
    if (check(imm)) apply<parse_signature(signature)>(imm);        \
  }
#define WASM_SPECIAL(id, encoding, text, immediate, feature) void id(const immediate& imm);
#include "runtime/wasm/opcodes.def"

 private:
  struct Frame {
    // block, loop, if_, else_, try_table, try_, catch_ or catch_all; the whole sequence is a block.
    Op op = Op::block;
    bool unreachable = false;
    BlockType type;
    uint32_t height = 0;         // of the operand stack, below the block's parameters
    uint32_t last_br_table = 0;  // offset of the br_table that saw this label last
    uint32_t initialized = 0;    // size of initialized_ at the block's beginning
  };

  bool read_locals(Reader& reader, uint32_t function);
  void body(Reader& reader, const BlockType& type);

  // The operand stack.
  void push(Operand type) {
    if (operands_.size() == limit_) [[unlikely]]
      return too_many_operands();
    operands_.push_back(type);
  }
  Operand pop() {
    Frame& frame = frames_.back();
    if (operands_.size() == frame.height) [[unlikely]]
      return pop_empty(Operand());
    const Operand top = operands_.back();
    operands_.pop_back();
    return top;
  }
  Operand pop(Operand expected) {
    Frame& frame = frames_.back();
    if (operands_.size() == frame.height) [[unlikely]]
      return pop_empty(expected);
    const Operand top = operands_.back();
    operands_.pop_back();
    if (top != expected) [[unlikely]]
      expect(expected, top);
    return top;
  }
  void push(std::span<const ValueType> types) {
    for (const ValueType type : types) push(Operand(type));
  }
  void pop(std::span<const ValueType> types) {
    for (size_t i = types.size(); i-- > 0;) pop(Operand(types[i]));
  }
  Operand pop_empty(Operand expected);
  bool matches(Operand found, Operand expected) const;
  bool matches(std::span<const ValueType> found, std::span<const ValueType> expected) const;
  void expect(Operand expected, Operand found) {
    if (!matches(found, expected)) mismatch(expected, found);
  }
  ValueType pop_reference();
  void mismatch(Operand expected, Operand found);
  void too_many_operands();

  // The control stack.
  void push_frame(Op op, const BlockType& type);
  void begin_block(Op op, const BlockType& type);
  bool begin_handler(Op op);
  bool check_clause(const CatchClause& clause);
  Frame pop_frame();
  void set_unreachable();
  std::span<const ValueType> parameters(const BlockType& type) const;
  std::span<const ValueType> results(const BlockType& type) const;
  std::span<const ValueType> label_types(const Frame& frame) const;
  Frame* label(uint32_t depth);
  bool check_block(const BlockType& type);
  bool check_type(const ValueType& type);
  void check_call(const FuncType* type);
  void check_tail_call(const FuncType* type);
  void initialize(uint32_t local);
  const FuncType* callee(const FuncImm& imm);
  const FuncType* callee(const CallIndirectImm& imm);
  const FuncType* callee(const TypeImm& imm);

  // Indexes.
  template <typename... Args>
  bool invalid(fmt::format_string<Args...> format, Args&&... args) {
    reader_->invalid(at_, format, std::forward<Args>(args)...);
    return false;
  }
  bool in_range(uint32_t index, size_t size, std::string_view what) {
    return index < size || invalid("unknown {} {}", what, index);
  }
  template <class Imm>
  bool check(const Imm&) {
    return true;
  }
  template <unsigned size_log2>
  bool check(const MemArg<size_log2>& imm) {
    return check_access(imm, size_log2);
  }
  template <unsigned size_log2>
  bool check(const MemArgLane<size_log2>& imm) {
    return check_access(imm, size_log2) && check_lane(imm.lane, imm.kLanes);
  }
  template <unsigned lanes>
  bool check(const LaneImm<lanes>& imm) {
    return check_lane(imm.lane, lanes);
  }
  bool check(const ShuffleImm& imm);
  bool check_lane(unsigned lane, unsigned lanes);
  template <unsigned size_log2>
  bool check(const AtomicArg<size_log2>& imm) {
    return check_atomic(imm, size_log2);
  }
  bool check_access(const MemArgImm& imm, unsigned size_log2);
  bool check_atomic(const MemArgImm& imm, unsigned size_log2);
  bool check(const MemImm& imm);
  bool check(const MemInitImm& imm);
  bool check(const DataImm& imm);
  bool check(const ElemImm& imm);

  void wide(unsigned operands);

  // Fixed signatures.
  template <class Imm>
  Operand address_type(const Imm&) const {
    return kI32;
  }
  template <unsigned size_log2>
  Operand address_type(const MemArg<size_log2>& imm) const {
    return memory_address(imm.memory);
  }
  template <unsigned size_log2>
  Operand address_type(const MemArgLane<size_log2>& imm) const {
    return memory_address(imm.memory);
  }
  template <unsigned size_log2>
  Operand address_type(const AtomicArg<size_log2>& imm) const {
    return memory_address(imm.memory);
  }
  Operand address_type(const MemImm& imm) const { return memory_address(imm.memory); }
  Operand address_type(const MemInitImm& imm) const { return memory_address(imm.memory); }
  Operand memory_address(uint32_t memory) const {
    return module_.memories[memory].type.limits.is64 ? kI64 : kI32;
  }
  Operand table_address(uint32_t table) const {
    return module_.tables[table].type.limits.is64 ? kI64 : kI32;
  }
  template <class Imm>
  Operand operand(char letter, const Imm& imm) const {
    switch (letter) {
      case 'i':
        return kI32;
      case 'l':
        return kI64;
      case 'f':
        return kF32;
      case 'd':
        return kF64;
      case 'v':
        return kV128;
      default:
        return address_type(imm);
    }
  }
  template <Signature signature, class Imm>
  void apply(const Imm& imm) {
    for (size_t i = signature.parameter_count; i-- > 0;) {
      pop(operand(signature.parameters[i], imm));
    }
    if (signature.result != 0) push(operand(signature.result, imm));
  }

  const Module& module_;
  const ModuleTypes& types_;
  Reader* reader_ = nullptr;
  uint32_t at_ = 0;   // offset of the current instruction
  size_t limit_ = 0;  // of operands_
  std::vector<ValueType> locals_;
  std::vector<bool> unset_;            // locals without default that have no value yet
  std::vector<uint32_t> initialized_;  // those that got one, in order
  std::vector<Operand> operands_;
  std::vector<Frame> frames_;
};

}  // namespace wasmedge::wasm
