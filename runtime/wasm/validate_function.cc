#include <algorithm>

#include "runtime/base/limits.h"
#include "runtime/wasm/function_validator.h"
#include "runtime/wasm/type_validator.h"

namespace wasmedge::wasm {

std::string Operand::name() const {
  if (is_any()) return "a value";
  return to_string(type());
}

Result<> FunctionValidator::function(uint32_t index) {
  const Function& function = module_.functions[index];
  Reader reader(module_.bytes, function.body, "function", index);
  if (!read_locals(reader, index)) return reader.status();
  body(reader, BlockType{BlockType::Kind::kIndex, {}, function.type});
  return reader.status();
}

void FunctionValidator::expression(Reader& reader, ValueType type) {
  locals_.clear();
  initialized_.clear();
  body(reader, BlockType{BlockType::Kind::kValue, type, 0});
}

bool FunctionValidator::read_locals(Reader& reader, uint32_t function) {
  const auto& parameters = module_.type_of(function).parameters;
  locals_.assign(parameters.begin(), parameters.end());
  unset_.assign(parameters.size(), false);
  initialized_.clear();
  const uint32_t start = reader.offset();
  const uint32_t runs = reader.count(kLimits.function_bytes, "runs of locals");
  uint64_t total = parameters.size();
  for (uint32_t i = 0; i < runs && reader.ok(); ++i) {
    const uint32_t count = reader.u32();
    const uint32_t offset = reader.offset();
    const ValueType type = read_value_type(reader);
    if (!is_known(module_, type)) reader.invalid(offset, "unknown type {}", type.index);
    total += count;
    if (total > UINT32_MAX) reader.malformed(start, "too many locals: {}", total);
    if (total > kLimits.locals) continue;  // the sum tells which of the two errors it is
    if (!reader.ok()) break;
    locals_.insert(locals_.end(), count, type);
    unset_.insert(unset_.end(), count, !type.is_defaultable());
  }
  if (total > kLimits.locals) reader.over_limit(start, "locals", total, kLimits.locals);
  return reader.ok();
}

void FunctionValidator::body(Reader& reader, const BlockType& type) {
  reader_ = &reader;
  operands_.clear();
  frames_.clear();
  limit_ = kLimits.operands;
  frames_.push_back({.type = type});
  while (!frames_.empty() && reader.ok()) {
    at_ = reader.offset();
    visit(reader, *this);
  }
  if (!reader.done()) {
    reader.malformed(reader.offset(), "operators remain after the end of the function");
  }
}

Operand FunctionValidator::pop_empty(Operand expected) {
  if (!frames_.back().unreachable) {
    invalid("type mismatch: expected {}, found nothing on this block's stack", expected.name());
  }
  return expected;
}

bool FunctionValidator::matches(Operand found, Operand expected) const {
  if (found == expected || found.is_any() || expected.is_any()) return true;
  return found.is_ref() && expected.is_ref() && types_.matches(found.type(), expected.type());
}

bool FunctionValidator::matches(std::span<const ValueType> found,
                                std::span<const ValueType> expected) const {
  return std::ranges::equal(found, expected, [this](const ValueType& a, const ValueType& b) {
    return types_.matches(a, b);
  });
}

// Any reference; in unreachable code it is of the type below all.
ValueType FunctionValidator::pop_reference() {
  constexpr ValueType kBottom{ValueKind::kRef, HeapKind::kBottom, false};
  const Operand found = pop();
  if (found.is_any()) return kBottom;
  if (found.is_ref()) return found.type();
  invalid("type mismatch: expected a reference, found {}", found.name());
  return kBottom;
}

void FunctionValidator::mismatch(Operand expected, Operand found) {
  invalid("type mismatch: expected {}, found {}", expected.name(), found.name());
}

void FunctionValidator::too_many_operands() {
  reader_->over_limit(at_, "operands on the stack", limit_ + 1, limit_);
}

void FunctionValidator::push_frame(Op op, const BlockType& type) {
  if (frames_.size() > kLimits.block_nesting) {
    return reader_->over_limit(at_, "nested blocks", frames_.size(), kLimits.block_nesting);
  }
  frames_.push_back({.op = op,
                     .type = type,
                     .height = static_cast<uint32_t>(operands_.size()),
                     .initialized = static_cast<uint32_t>(initialized_.size())});
}

FunctionValidator::Frame FunctionValidator::pop_frame() {
  pop(results(frames_.back().type));
  const Frame frame = frames_.back();
  if (operands_.size() != frame.height) {
    invalid("type mismatch: the block ends with {} more on the stack than its type gives",
            operands_.size() - frame.height);
  }
  frames_.pop_back();
  for (; initialized_.size() > frame.initialized; initialized_.pop_back()) {
    unset_[initialized_.back()] = true;
  }
  return frame;
}

void FunctionValidator::set_unreachable() {
  Frame& frame = frames_.back();
  operands_.resize(frame.height);
  frame.unreachable = true;
}

std::span<const ValueType> FunctionValidator::parameters(const BlockType& type) const {
  if (type.kind == BlockType::Kind::kIndex) return module_.types[type.index].parameters;
  return {};
}

std::span<const ValueType> FunctionValidator::results(const BlockType& type) const {
  switch (type.kind) {
    case BlockType::Kind::kEmpty:
      return {};
    case BlockType::Kind::kValue:
      return {&type.value, 1};
    case BlockType::Kind::kIndex:
      return module_.types[type.index].results;
  }
  return {};
}

std::span<const ValueType> FunctionValidator::label_types(const Frame& frame) const {
  return frame.op == Op::loop ? parameters(frame.type) : results(frame.type);
}

FunctionValidator::Frame* FunctionValidator::label(uint32_t depth) {
  if (!in_range(depth, frames_.size(), "label")) return nullptr;
  return &frames_[frames_.size() - 1 - depth];
}

bool FunctionValidator::check_block(const BlockType& type) {
  if (type.kind == BlockType::Kind::kValue) return check_type(type.value);
  return type.kind != BlockType::Kind::kIndex || in_range(type.index, module_.types.size(), "type");
}

bool FunctionValidator::check_type(const ValueType& type) {
  return is_known(module_, type) || invalid("unknown type {}", type.index);
}

}  // namespace wasmedge::wasm
