// Blocks, branches and loops.
#include "test/fuzz/differential/body.h"

namespace wasmedge::fuzz {

using wasm::Op;
using wasm::ValueType;

namespace {

constexpr uint8_t kEmptyBlock = 0x40;

}  // namespace

void Body::block_type(const Types& results) {
  if (results.empty()) {
    code_.byte(kEmptyBlock);
  } else if (results.size() == 1) {
    code_.type(results[0]);
  } else {
    code_.signed_number(program_.type_index({{}, results}));
  }
}

void Body::open(Op op, const Types& results, const Types& branch_types) {
  code_.op(op);
  block_type(results);
  labels_.push_back({branch_types});
}

// A block or an if with one result.
void Body::structured(const ValueType& type, unsigned depth) {
  const bool conditional = flip();
  if (conditional) condition(depth);
  open(conditional ? Op::if_ : Op::block, {type}, {type});
  statements(below(3), depth);
  expression(type, depth);
  if (one_in(3)) {  // away early, with the value
    condition(depth);
    code_.op(Op::br_if, 0);
  }
  if (conditional) {
    code_.op(Op::else_);
    statements(below(3), depth);
    expression(type, depth);
  }
  close();
}

void Body::block(unsigned depth) {
  open(Op::block, {}, {});
  statements(1 + below(3), depth);
  close();
}

// A block with parameters and several results.
void Body::multi_block(unsigned depth) {
  wasm::FuncType type;
  for (uint32_t i = below(3); i > 0; --i) type.parameters.push_back(program_.any_type());
  for (uint32_t i = below(4); i > 0; --i) type.results.push_back(program_.any_type());
  expressions(type.parameters, depth);
  code_.op(Op::block).signed_number(program_.type_index(type));
  labels_.push_back({type.results});
  keep(type.parameters);
  statements(below(2), depth);
  expressions(type.results, depth);
  if (one_in(3)) code_.op(Op::br, 0);
  close();
  keep(type.results);
}

// To any label around, on a condition or, seldom, without.
void Body::branch(unsigned depth) {
  const uint32_t target = below(labels_.size());
  const Types types = labels_[labels_.size() - 1 - target].types;
  expressions(types, depth);
  if (one_in(8)) {
    code_.op(Op::br, target);
    return;
  }
  condition(depth);
  code_.op(Op::br_if, target);
  keep(types);
}

void Body::if_statement(unsigned depth) {
  condition(depth);
  open(Op::if_, {}, {});
  statements(1 + below(2), depth);
  if (flip()) {
    code_.op(Op::else_);
    statements(1 + below(2), depth);
  }
  close();
}

// Nested blocks, and a br_table that enters behind one of them.
void Body::switch_statement(unsigned depth) {
  const uint32_t cases = 1 + below(5);
  for (uint32_t i = 0; i <= cases; ++i) open(Op::block, {}, {});
  expression(wasm::kI32, depth);
  if (flip()) code_.i32(7).op(Op::i32_and);
  code_.op(Op::br_table).number(cases);
  for (uint32_t i = 0; i < cases; ++i) code_.number(below(cases + 1));
  code_.number(below(cases + 1));
  for (uint32_t i = 0; i < cases; ++i) {
    close();
    statements(1, depth);
    if (flip()) code_.op(Op::br, cases - 1 - i);
  }
  close();
}

// A loop that counts at its head, so that a branch to it from anywhere ends, too.
void Body::loop(unsigned depth) {
  if (loops_ == 2) return block(depth);
  ++loops_;
  const uint32_t counter = new_local(wasm::kI32);
  code_.i32(static_cast<int32_t>(1 + below(9))).op(Op::local_set, counter);
  open(Op::block, {}, {});
  open(Op::loop, {}, {});
  code_.op(Op::local_get, counter).i32(1).op(Op::i32_sub).op(Op::local_tee, counter);
  code_.i32(0).op(Op::i32_lt_s).op(Op::br_if, 1);
  statements(1 + below(4), depth);
  if (flip()) {
    condition(depth);
    code_.op(Op::br_if, 0);
  } else {
    code_.op(Op::br, 0);
  }
  close();
  close();
  --loops_;
}

// An array is read, combined and written, or summed up: what vectorisers look for.
void Body::vector_loop(unsigned depth) {
  struct Shape {
    Op load, store, combine[3];
    ValueType type;
    uint32_t size_log2;
  };
  static constexpr Shape kShapes[] = {
      {Op::i32_load8_u, Op::i32_store8, {Op::i32_add, Op::i32_xor, Op::i32_mul}, wasm::kI32, 0},
      {Op::i32_load16_s, Op::i32_store16, {Op::i32_sub, Op::i32_shl, Op::i32_mul}, wasm::kI32, 1},
      {Op::i32_load, Op::i32_store, {Op::i32_add, Op::i32_shr_s, Op::i32_mul}, wasm::kI32, 2},
      {Op::i64_load, Op::i64_store, {Op::i64_add, Op::i64_rotl, Op::i64_mul}, wasm::kI64, 3},
      {Op::i64_load32_s, Op::i64_store32, {Op::i64_sub, Op::i64_and, Op::i64_mul}, wasm::kI64, 2},
      {Op::f32_load, Op::f32_store, {Op::f32_add, Op::f32_mul, Op::f32_max}, wasm::kF32, 2},
      {Op::f64_load, Op::f64_store, {Op::f64_sub, Op::f64_div, Op::f64_min}, wasm::kF64, 3},
  };
  const Shape& shape = kShapes[below(std::size(kShapes))];
  const uint32_t from = below(program_.memories.size());
  const uint32_t to = below(program_.memories.size());
  const uint32_t i = new_local(wasm::kI32);
  const uint32_t limit = new_local(wasm::kI32);
  const uint32_t operand = new_local(shape.type);
  const uint32_t sum = new_local(shape.type);
  expression(shape.type, depth);
  set(operand);
  expression(wasm::kI32, depth);
  code_.i32(127).op(Op::i32_and).op(Op::local_set, limit);
  code_.i32(0).op(Op::local_set, i);
  const uint32_t step = one_in(4) ? 2 + below(3) : 1;
  const auto place = [&](uint32_t memory) {
    get(i);
    if (shape.size_log2 != 0) code_.i32(static_cast<int32_t>(shape.size_log2)).op(Op::i32_shl);
    if (program_.memories[memory].is64) code_.op(Op::i64_extend_i32_u);
  };
  // Some arrays reach beyond the memory's first pages, which may be all it has.
  const auto access = [&](Op op, uint32_t memory) {
    const uint32_t offset = below(4) == 0 ? below(256) : 64 * below(64);
    const bool runs_off = one_in(program_.features.wild ? 3 : 16);
    code_.op(op);
    access_immediate(0, memory, runs_off ? 65536 - offset % 128 : offset);
  };
  const bool sums = one_in(3);
  const Op combine = shape.combine[below(3)];
  open(Op::loop, {}, {});
  if (!sums) place(to);
  if (sums) get(sum);
  place(from);
  access(shape.load, from);
  if (!sums) get(operand);
  code_.op(combine);
  if (!sums && (shape.type == wasm::kF32 || shape.type == wasm::kF64)) canonical(shape.type);
  if (sums) set(sum);
  if (!sums) access(shape.store, to);
  code_.op(Op::local_get, i).i32(static_cast<int32_t>(step)).op(Op::i32_add).op(Op::local_tee, i);
  get(limit);
  code_.op(Op::i32_lt_u).op(Op::br_if, 0);
  close();
  if (one_in(3)) return;  // the sum is dead, and its loads must trap all the same
  get(sum);
  set(local(shape.type));
}

// A value by whether a reference is null.
bool Body::null_check(unsigned depth) {
  if (!program_.features.references) return false;
  expression(flip() ? wasm::kFuncRef : wasm::kExternRef, depth);
  code_.op(Op::ref_is_null);
  return true;
}

void Body::null_branch(unsigned depth) {
  if (!program_.features.references) return assign(depth);
  const ValueType some{wasm::ValueKind::kRef, wasm::HeapKind::kFunc, false};
  if (flip()) {
    open(Op::block, {}, {});
    expression(wasm::kFuncRef, depth);
    code_.op(Op::br_on_null, 0).op(Op::drop);
    statements(1, depth);
    close();
    return;
  }
  open(Op::block, {some}, {some});
  expression(wasm::kFuncRef, depth);
  code_.op(Op::br_on_non_null, 0);
  statements(1, depth);
  expression(wasm::kFuncRef, depth);
  if (one_in(4)) {
    code_.op(Op::ref_as_non_null);
  } else {
    code_.op(Op::drop).op(Op::ref_func, below(program_.functions.size()));
  }
  close();
  set(local(wasm::kFuncRef));
}

}  // namespace wasmedge::fuzz
