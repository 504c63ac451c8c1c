// Statements without blocks: variables, calls, bulk operations.
#include <algorithm>

#include "test/fuzz/differential/body.h"

namespace wasmedge::fuzz {

using wasm::Op;
using wasm::ValueType;

void Body::statements(unsigned count, unsigned depth) {
  for (unsigned i = 0; i < count && !choices_.exhausted(); ++i) statement(depth);
}

void Body::statement(unsigned depth) {
  if (tired(depth)) return assign(1);
  --budget_;
  switch (below(24)) {
    case 0:
    case 1:
    case 2:
      return assign(depth);
    case 3:
      return set_global(depth - 1);
    case 4:
    case 5:
    case 6:
      return store(depth - 1);
    case 7:
    case 8:
      return if_statement(depth - 1);
    case 9:
      return block(depth - 1);
    case 10:
      return multi_block(depth - 1);
    case 11:
      return branch(depth - 1);
    case 12:
      return switch_statement(depth - 1);
    case 13:
      return loop(depth - 1);
    case 14:
    case 15:
      return vector_loop(depth - 1);
    case 16:
      return call_statement(depth - 1);
    case 17:
      return bulk_memory(depth - 1);
    case 18:
      return table_statement(depth - 1);
    case 19:
      return log(depth - 1);
    case 20:
      return one_in(3) ? leave(depth - 1) : tail_call(depth - 1);
    case 21:
      if (program_.features.threads) return wait_or_notify(depth - 1);
      return null_branch(depth - 1);
    default:
      if (program_.features.exceptions == Exceptions::kNone) return assign(depth);
      return one_in(4) ? raise(depth - 1) : try_statement(depth - 1);
  }
}

void Body::assign(unsigned depth) {
  const ValueType type = program_.any_type();
  expression(type, depth);
  set(local(type));
}

void Body::set_global(unsigned depth) {
  std::vector<uint32_t> writable;
  for (uint32_t i = 1; i < program_.globals.size(); ++i) {
    if (program_.globals[i].is_mutable) writable.push_back(i);
  }
  if (writable.empty()) return assign(depth);
  const uint32_t global = writable[below(writable.size())];
  const ValueType type = program_.globals[global].type;
  expression(type, depth);
  if (type == wasm::kF32 || type == wasm::kF64) canonical(type);
  code_.op(Op::global_set, global);
}

void Body::log(unsigned depth) {
  const uint32_t function = below(program_.imports);
  expressions(program_.function_type(function).parameters, depth);
  code_.op(Op::call, function);
}

// Leaves the index of the function in a table, if the element segments put it into one; returns the
// table.
uint32_t Body::table_with(uint32_t function, unsigned depth) {
  for (const ElementSegment& segment : program_.elements) {
    const auto& in = segment.functions;
    const auto found = std::find(in.begin(), in.end(), function);
    if (!segment.table || found == in.end()) continue;
    if (one_in(6)) {
      table_index(*segment.table, depth);
    } else {
      code_.address(program_.tables[*segment.table].is64,
                    static_cast<uint64_t>(found - in.begin()));
    }
    return *segment.table;
  }
  table_index(0, depth);
  return 0;
}

// Arguments and the call, direct, by a table or by a reference.
void Body::call_by(uint32_t function, unsigned depth, bool tail) {
  const uint32_t type = program_.functions[function];
  expressions(program_.function_type(function).parameters, depth);
  if (program_.features.references && one_in(3)) {
    reference({wasm::ValueKind::kRef, wasm::HeapKind::kIndexed, true, type}, 0);
    code_.op(tail ? Op::return_call_ref : Op::call_ref, type);
  } else if (one_in(3)) {
    const uint32_t table = table_with(function, depth);
    code_.op(tail ? Op::return_call_indirect : Op::call_indirect, type, table);
  } else {
    code_.op(tail ? Op::return_call : Op::call, function);
  }
}

bool Body::call_for(const ValueType& type, unsigned depth) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = program_.imports; i < program_.functions.size(); ++i) {
    if (program_.function_type(i).results == Types{type}) fitting.push_back(i);
  }
  if (fitting.empty()) return false;
  call_by(fitting[below(fitting.size())], depth, false);
  return true;
}

void Body::call_statement(unsigned depth) {
  const uint32_t function = below(program_.functions.size());
  call_by(function, depth, false);
  keep(program_.function_type(function).results);
}

// Out of the function, on a condition.
void Body::leave(unsigned depth) {
  condition(depth);
  open(Op::if_, {}, {});
  if (one_in(3)) {
    code_.op(Op::unreachable);
  } else {
    expressions(type_.results, depth);
    code_.op(Op::return_);
  }
  close();
}

void Body::tail_call(unsigned depth) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < program_.functions.size(); ++i) {
    if (program_.function_type(i).results == type_.results) fitting.push_back(i);
  }
  if (!program_.features.tail_calls || fitting.empty()) return call_statement(depth);
  condition(depth);
  open(Op::if_, {}, {});
  call_by(fitting[below(fitting.size())], depth, true);
  close();
}

void Body::bulk_memory(unsigned depth) {
  const uint32_t to = below(program_.memories.size());
  const uint32_t from = below(program_.memories.size());
  const bool to64 = program_.memories[to].is64;
  const bool from64 = program_.memories[from].is64;
  const uint32_t segment = below(program_.data.size());
  switch (below(5)) {
    case 0:
      masked(to64, kMemoryMask, depth);
      expression(wasm::kI32, depth);
      masked(to64, 0x1ff, depth);
      code_.op(Op::memory_fill, to);
      return;
    case 1:
      masked(to64, kMemoryMask, depth);
      masked(from64, kMemoryMask, depth);
      masked(to64 && from64, 0x1ff, depth);
      code_.op(Op::memory_copy, to, from);
      return;
    case 2:
      masked(to64, kMemoryMask, depth);
      masked(false, 15, depth);
      masked(false, 7, depth);
      code_.op(Op::memory_init, segment, to);
      return;
    case 3:
      if (one_in(3)) code_.op(Op::data_drop, segment);
      return;
    default:
      code_.address(to64, below(3)).op(Op::memory_grow, to);
      set(local(to64 ? wasm::kI64 : wasm::kI32));
  }
}

// Mostly within the table's first elements.
void Body::table_index(uint32_t table, unsigned depth) {
  masked(program_.tables[table].is64, 3, depth);
}

void Body::table_statement(unsigned depth) {
  const uint32_t to = below(program_.tables.size());
  const ValueType element = program_.tables[to].element;
  const bool is64 = program_.tables[to].is64;
  uint32_t segment = 0;  // the passive one, of functions
  while (program_.elements[segment].table) ++segment;
  switch (below(6)) {
    case 0:
      table_index(to, depth);
      expression(element, depth);
      code_.op(Op::table_set, to);
      return;
    case 1:
      expression(element, depth);
      code_.address(is64, below(3)).op(Op::table_grow, to);
      set(local(is64 ? wasm::kI64 : wasm::kI32));
      return;
    case 2:
      table_index(to, depth);
      expression(element, depth);
      masked(is64, 3, depth);
      code_.op(Op::table_fill, to);
      return;
    case 3: {
      uint32_t from = below(program_.tables.size());
      if (!(program_.tables[from].element == element)) from = to;
      const bool from64 = program_.tables[from].is64;
      table_index(to, depth);
      table_index(from, depth);
      masked(is64 && from64, 3, depth);
      code_.op(Op::table_copy, to, from);
      return;
    }
    case 4:
      table_index(0, depth);
      masked(false, 1, depth);
      masked(false, 1, depth);
      code_.op(Op::table_init, segment, 0);
      return;
    default:
      if (one_in(3)) code_.op(Op::elem_drop, segment);
  }
}

}  // namespace wasmedge::fuzz
