// A function as a whole, its locals, and the simplest expressions.
#include "test/fuzz/differential/body.h"

#include <algorithm>

namespace wasmedge::fuzz {

using wasm::Op;
using wasm::ValueType;

Body::Body(Program& program, uint32_t function)
    : program_(program),
      choices_(program.choices),
      type_(program.function_type(function)),
      locals_(type_.parameters),
      fixed_(locals_.size(), false) {}

Writer Body::generate() {
  labels_.push_back({type_.results});
  code_.op(Op::global_get, kFuelGlobal).op(Op::i32_eqz).op(Op::if_).byte(0x40);
  code_.op(Op::unreachable).op(Op::end);
  code_.op(Op::global_get, kFuelGlobal).i32(1).op(Op::i32_sub).op(Op::global_set, kFuelGlobal);
  const uint32_t count = 1 + below(6);
  statements(count, 3);
  expressions(type_.results, 3);
  code_.op(Op::end);

  Writer body;
  body.number(locals_.size() - type_.parameters.size());
  for (size_t i = type_.parameters.size(); i < locals_.size(); ++i) body.number(1).type(locals_[i]);
  return body.append(code_);
}

uint32_t Body::new_local(const ValueType& type) {
  locals_.push_back(type);
  fixed_.push_back(true);
  return static_cast<uint32_t>(locals_.size() - 1);
}

uint32_t Body::local(const ValueType& type) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < locals_.size(); ++i) {
    if (locals_[i] == type && !fixed_[i]) fitting.push_back(i);
  }
  if (!fitting.empty() && !(fitting.size() < 3 && one_in(3))) return fitting[below(fitting.size())];
  const uint32_t added = new_local(type);
  fixed_[added] = false;
  return added;
}

void Body::keep(const Types& types) {
  for (size_t i = types.size(); i-- > 0;) {
    const bool defaultable = types[i].is_defaultable();
    if (!defaultable || one_in(4)) {
      code_.op(Op::drop);
    } else {
      set(local(types[i]));
    }
  }
}

void Body::constant(const ValueType& type) {
  static constexpr uint64_t kEdges[] = {
      0,  1,  ~uint64_t{0},          0x8000'0000,           0x7fff'ffff, 0xff,   31,     32,
      63, 64, 0x8000'0000'0000'0000, 0x7fff'ffff'ffff'ffff, 0xffff'ffff, 0x8000, 0xff80, 2};
  static constexpr uint32_t kFloats[] = {0,          0x80000000, 0x3f800000, 0xbf800000, 0x7f800000,
                                         0xff800000, 0x7fc00000, 1,          0x7f7fffff, 0x4f000000,
                                         0xcf000000, 0x4f800000, 0x5f000000, 0x3effffff};
  static constexpr uint64_t kDoubles[] = {0,
                                          uint64_t{1} << 63,
                                          0x3ff0000000000000,
                                          0xbff0000000000000,
                                          0x7ff0000000000000,
                                          0xfff0000000000000,
                                          0x7ff8000000000000,
                                          1,
                                          0x7fefffffffffffff,
                                          0x41e0000000000000,
                                          0xc1e0000000200000,
                                          0x43e0000000000000,
                                          0xc3e0000000000000,
                                          0x3fdfffffffffffff};
  const auto integer = [this] {
    return flip() ? kEdges[below(std::size(kEdges))] : choices_.bits(1 + below(8));
  };
  if (type == wasm::kI32) {
    code_.i32(static_cast<int32_t>(integer()));
  } else if (type == wasm::kI64) {
    code_.i64(static_cast<int64_t>(integer()));
  } else if (type == wasm::kF32) {
    const uint64_t bits = flip() ? kFloats[below(std::size(kFloats))] : choices_.bits(4);
    code_.op(Op::f32_const).raw(bits, 4);
  } else if (type == wasm::kF64) {
    const uint64_t bits = flip() ? kDoubles[below(std::size(kDoubles))] : choices_.bits(8);
    code_.op(Op::f64_const).raw(bits, 8);
  } else {
    code_.op(Op::v128_const).raw(integer(), 8);
    code_.raw(integer(), 8);
  }
}

bool Body::global_for(const ValueType& type) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = 1; i < program_.globals.size(); ++i) {
    if (program_.globals[i].type == type) fitting.push_back(i);
  }
  if (fitting.empty()) return false;
  code_.op(Op::global_get, fitting[below(fitting.size())]);
  return true;
}

bool Body::size_for(const ValueType& type) {
  const uint32_t memory = below(program_.memories.size());
  const uint32_t table = below(program_.tables.size());
  if (flip()) {
    if ((type == wasm::kI64) != program_.memories[memory].is64) return false;
    code_.op(Op::memory_size, memory);
  } else {
    if ((type == wasm::kI64) != program_.tables[table].is64) return false;
    code_.op(Op::table_size, table);
  }
  return true;
}

void Body::leaf(const ValueType& type) {
  if (type.is_ref()) return reference(type, 0);
  switch (below(4)) {
    case 0:
      return constant(type);
    case 1:
      if (global_for(type)) return;
      [[fallthrough]];
    default:
      return get(local(type));
  }
}

void Body::reference(const ValueType& type, unsigned depth) {
  if (!type.nullable) {
    code_.op(Op::ref_func, below(program_.functions.size()));
    return;
  }
  if (one_in(4)) {
    code_.op(Op::ref_null).heap(type);
    return;
  }
  for (uint32_t i = 0; i < program_.tables.size() && !tired(depth) && flip(); ++i) {
    if (!(program_.tables[i].element == type)) continue;
    table_index(i, depth - 1);
    code_.op(Op::table_get, i);
    return;
  }
  const bool of_functions = type == wasm::kFuncRef || type.is_concrete();
  if (of_functions && flip()) {
    for (uint32_t tries = below(program_.functions.size()), i = 0; i < program_.functions.size();
         ++i) {
      const uint32_t f = (tries + i) % static_cast<uint32_t>(program_.functions.size());
      if (type.is_concrete() && program_.functions[f] != type.index) continue;
      code_.op(Op::ref_func, f);
      return;
    }
  }
  get(local(type));
}

void Body::expressions(Types types, unsigned depth) {
  for (const ValueType& type : types) expression(type, depth);
}

void Body::select(const ValueType& type, unsigned depth) {
  expression(type, depth);
  expression(type, depth);
  condition(depth);
  if (type.is_ref()) {
    code_.op(Op::select_t).number(1).type(type);
  } else {
    code_.op(Op::select);
  }
}

void Body::expression(const ValueType& type, unsigned depth) {
  if (tired(depth) || !type.is_defaultable()) return leaf(type);
  --budget_;
  switch (below(16)) {
    case 0:
      return leaf(type);
    case 1: {
      const uint32_t to = local(type);
      expression(type, depth - 1);
      code_.op(Op::local_tee, to);
      return;
    }
    case 2:
      if (call_for(type, depth - 1)) return;
      break;
    case 3:
    case 4:
      return structured(type, depth - 1);
    case 5:
      return select(type, depth - 1);
    case 6:
      if (program_.features.threads && (type == wasm::kI32 || type == wasm::kI64)) {
        return atomic(type, depth - 1);
      }
      break;
    case 7:
      if ((type == wasm::kI32 || type == wasm::kI64) && size_for(type)) return;
      break;
    case 8:
      if (type == wasm::kI32 && null_check(depth - 1)) return;
      if (type == wasm::kI64 && program_.features.wide_arithmetic) return wide(depth - 1);
      break;
    default:
      break;
  }
  if (type.is_ref()) return reference(type, depth);
  operation(type, depth - 1);
}

}  // namespace wasmedge::fuzz
