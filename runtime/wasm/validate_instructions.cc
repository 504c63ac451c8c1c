#include <algorithm>

#include "runtime/base/limits.h"
#include "runtime/wasm/function_validator.h"

namespace wasmedge::wasm {

// Parametric, variables.

void FunctionValidator::drop(const NoImm&) {
  pop();
}

void FunctionValidator::select(const NoImm&) {
  pop(kI32);
  const Operand second = pop();
  const Operand first = pop();
  if (first.is_ref() || second.is_ref()) {
    invalid("type mismatch: a select of references must name their type");
    return;
  }
  if (first != second && !first.is_any() && !second.is_any()) return mismatch(first, second);
  push(first.is_any() ? second : first);
}

void FunctionValidator::select_t(const SelectImm& imm) {
  if (imm.types.size() != 1) {
    invalid("invalid result arity: a select gives one value, not {}", imm.types.size());
    return;
  }
  if (!check_type(imm.types[0])) return;
  pop(kI32);
  pop(imm.types[0]);
  pop(imm.types[0]);
  push(imm.types[0]);
}

void FunctionValidator::local_get(const LocalImm& imm) {
  if (!in_range(imm.local, locals_.size(), "local")) return;
  if (unset_[imm.local]) {
    invalid("uninitialized local {}: its type {} has no default value", imm.local,
            to_string(locals_[imm.local]));
    return;
  }
  push(locals_[imm.local]);
}

// Until the end of the block.
void FunctionValidator::initialize(uint32_t local) {
  if (!unset_[local]) return;
  unset_[local] = false;
  initialized_.push_back(local);
}

void FunctionValidator::local_set(const LocalImm& imm) {
  if (!in_range(imm.local, locals_.size(), "local")) return;
  pop(locals_[imm.local]);
  initialize(imm.local);
}

void FunctionValidator::local_tee(const LocalImm& imm) {
  if (!in_range(imm.local, locals_.size(), "local")) return;
  pop(locals_[imm.local]);
  push(locals_[imm.local]);
  initialize(imm.local);
}

void FunctionValidator::global_get(const GlobalImm& imm) {
  if (!in_range(imm.global, module_.globals.size(), "global")) return;
  push(module_.globals[imm.global].type.value);
}

void FunctionValidator::global_set(const GlobalImm& imm) {
  if (!in_range(imm.global, module_.globals.size(), "global")) return;
  const GlobalType& type = module_.globals[imm.global].type;
  if (!type.is_mutable) {
    invalid("global {} is immutable", imm.global);
    return;
  }
  pop(type.value);
}

// Wide arithmetic: i64 operands, two i64 results.

void FunctionValidator::wide(unsigned operands) {
  for (unsigned i = 0; i < operands; ++i) pop(kI64);
  push(kI64);
  push(kI64);
}

void FunctionValidator::i64_add128(const NoImm&) {
  wide(4);
}

void FunctionValidator::i64_sub128(const NoImm&) {
  wide(4);
}

void FunctionValidator::i64_mul_wide_s(const NoImm&) {
  wide(2);
}

void FunctionValidator::i64_mul_wide_u(const NoImm&) {
  wide(2);
}

// References.

void FunctionValidator::ref_null(const RefTypeImm& imm) {
  if (check_type(imm.type)) push(imm.type);
}

void FunctionValidator::ref_is_null(const NoImm&) {
  pop_reference();
  push(kI32);
}

void FunctionValidator::ref_as_non_null(const NoImm&) {
  ValueType reference = pop_reference();
  reference.nullable = false;
  push(reference);
}

void FunctionValidator::ref_func(const FuncRefImm& imm) {
  if (!in_range(imm.function, module_.functions.size(), "function")) return;
  if (!module_.functions[imm.function].declared) {
    invalid("undeclared function reference {}: it stands in no export, element segment or global",
            imm.function);
    return;
  }
  push(ValueType{ValueKind::kRef, HeapKind::kIndexed, false, module_.functions[imm.function].type});
}

// Memories.

bool FunctionValidator::check_access(const MemArgImm& imm, unsigned size_log2) {
  if (!in_range(imm.memory, module_.memories.size(), "memory")) return false;
  if (imm.align_log2 > size_log2) {
    return invalid("alignment must not be larger than natural: 2^{} for an access of {} bytes",
                   imm.align_log2, 1u << size_log2);
  }
  if (imm.offset > UINT32_MAX && !module_.memories[imm.memory].type.limits.is64) {
    return invalid("offset out of range: {} in a 32-bit memory", imm.offset);
  }
  return true;
}

bool FunctionValidator::check_lane(unsigned lane, unsigned lanes) {
  return lane < lanes || invalid("invalid lane index {}: there are {} lanes", lane, lanes);
}

bool FunctionValidator::check(const ShuffleImm& imm) {
  return std::ranges::all_of(imm.lanes, [this](unsigned lane) { return check_lane(lane, 32); });
}

bool FunctionValidator::check_atomic(const MemArgImm& imm, unsigned size_log2) {
  if (!check_access(imm, size_log2)) return false;
  return imm.align_log2 == size_log2 ||
         invalid("alignment of an atomic access must be natural: 2^{}, not 2^{}", size_log2,
                 imm.align_log2);
}

bool FunctionValidator::check(const MemImm& imm) {
  return in_range(imm.memory, module_.memories.size(), "memory");
}

bool FunctionValidator::check(const MemInitImm& imm) {
  return in_range(imm.memory, module_.memories.size(), "memory") && check(DataImm{imm.segment});
}

bool FunctionValidator::check(const DataImm& imm) {
  if (!module_.data_count) {
    reader_->malformed(at_, "data count section required");
    return false;
  }
  return in_range(imm.segment, module_.data.size(), "data segment");
}

bool FunctionValidator::check(const ElemImm& imm) {
  return in_range(imm.segment, module_.elements.size(), "element segment");
}

void FunctionValidator::memory_copy(const MemCopyImm& imm) {
  if (!check(MemImm{imm.to_memory}) || !check(MemImm{imm.from_memory})) return;
  const Operand to = memory_address(imm.to_memory);
  const Operand from = memory_address(imm.from_memory);
  pop(to == from ? to : kI32);  // the count is as wide as the narrower address
  pop(from);
  pop(to);
}

// Tables.

void FunctionValidator::table_get(const TableImm& imm) {
  if (!in_range(imm.table, module_.tables.size(), "table")) return;
  pop(table_address(imm.table));
  push(module_.tables[imm.table].type.element);
}

void FunctionValidator::table_set(const TableImm& imm) {
  if (!in_range(imm.table, module_.tables.size(), "table")) return;
  pop(module_.tables[imm.table].type.element);
  pop(table_address(imm.table));
}

void FunctionValidator::table_size(const TableImm& imm) {
  if (in_range(imm.table, module_.tables.size(), "table")) push(table_address(imm.table));
}

void FunctionValidator::table_grow(const TableImm& imm) {
  if (!in_range(imm.table, module_.tables.size(), "table")) return;
  pop(table_address(imm.table));
  pop(module_.tables[imm.table].type.element);
  push(table_address(imm.table));
}

void FunctionValidator::table_fill(const TableImm& imm) {
  if (!in_range(imm.table, module_.tables.size(), "table")) return;
  pop(table_address(imm.table));
  pop(module_.tables[imm.table].type.element);
  pop(table_address(imm.table));
}

void FunctionValidator::table_copy(const TableCopyImm& imm) {
  if (!in_range(imm.to_table, module_.tables.size(), "table")) return;
  if (!in_range(imm.from_table, module_.tables.size(), "table")) return;
  const ValueType wanted = module_.tables[imm.to_table].type.element;
  const ValueType found = module_.tables[imm.from_table].type.element;
  if (!types_.matches(found, wanted)) return mismatch(wanted, found);
  const Operand to = table_address(imm.to_table);
  const Operand from = table_address(imm.from_table);
  pop(to == from ? to : kI32);
  pop(from);
  pop(to);
}

void FunctionValidator::table_init(const TableInitImm& imm) {
  if (!in_range(imm.table, module_.tables.size(), "table")) return;
  if (!check(ElemImm{imm.segment})) return;
  const ValueType wanted = module_.tables[imm.table].type.element;
  const ValueType found = module_.elements[imm.segment].type;
  if (!types_.matches(found, wanted)) return mismatch(wanted, found);
  pop(kI32);
  pop(kI32);
  pop(table_address(imm.table));
}

}  // namespace wasmedge::wasm
