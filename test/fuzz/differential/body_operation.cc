// Expressions out of the opcode table: operands, NaNs, addresses.
#include "test/fuzz/differential/body.h"

namespace wasmedge::fuzz {

using wasm::Feature;
using wasm::Op;
using wasm::ValueType;

namespace {

ValueType type_of(char letter) {
  switch (letter) {
    case 'i':
      return wasm::kI32;
    case 'l':
      return wasm::kI64;
    case 'f':
      return wasm::kF32;
    case 'd':
      return wasm::kF64;
    default:
      return wasm::kV128;
  }
}

char letter_of(const ValueType& type) {
  constexpr std::string_view kLetters = "ilfdv";
  for (const char letter : kLetters) {
    if (type_of(letter) == type) return letter;
  }
  return 'v';
}

bool has_feature(const Features& features, const Row& row) {
  switch (wasm::info(row.op).feature) {
    case Feature::kSimd:
      return features.simd;
    case Feature::kRelaxedSimd:
      return features.relaxed_simd;
    default:
      return true;
  }
}

}  // namespace

void Body::operation(const ValueType& type, unsigned depth) {
  const char letter = letter_of(type);
  const bool of_memory = one_in(5);
  const auto& rows = of_memory ? memory_rows(letter) : pure_rows(letter);
  for (unsigned tries = 0; tries < 8; ++tries) {
    const Row& chosen = rows[choices_.bits(2) % rows.size()];
    if (has_feature(program_.features, chosen)) return row(chosen, depth);
  }
  leaf(type);
}

void Body::row(const Row& row, unsigned depth) {
  uint32_t memory = 0;
  const bool accesses = row.immediate == Immediate::kAccess ||
                        row.immediate == Immediate::kLaneAccess ||
                        row.immediate == Immediate::kAtomic;
  if (accesses) memory = address(row, depth);
  if (row.may_trap && !one_in(6)) {
    guarded_operand(row, depth);
  } else {
    operands(row, depth);
  }
  code_.op(row.op);
  if (accesses) {
    const Memory& accessed = program_.memories[memory];
    const uint8_t align =
        row.immediate == Immediate::kAtomic ? row.size : static_cast<uint8_t>(below(row.size + 1U));
    const bool wild = one_in(program_.features.wild ? 8 : 24);
    uint64_t offset = row.immediate == Immediate::kAtomic ? below(256) << row.size : below(4096);
    if (wild) offset = accessed.is64 ? choices_.bits(8) : choices_.bits(4);
    access_immediate(align, memory, offset);
  }
  if (row.immediate == Immediate::kLane) code_.byte(static_cast<uint8_t>(below(row.size)));
  if (row.immediate == Immediate::kLaneAccess) {
    code_.byte(static_cast<uint8_t>(below(16U >> row.size)));
  }
  for (int i = 0; row.immediate == Immediate::kShuffle && i < 16; ++i) {
    code_.byte(static_cast<uint8_t>(below(32)));
  }
  if (row.makes_nans != 0) canonical_lanes(row);
}

void Body::operands(const Row& row, unsigned depth) {
  const wasm::Signature& signature = row.signature();
  for (unsigned i = 0; i < signature.parameter_count; ++i) {
    if (signature.parameters[i] == 'p') continue;  // the address is there already
    const ValueType type = type_of(signature.parameters[i]);
    expression(type, depth);
    if (row.sees_bits && (type == wasm::kF32 || type == wasm::kF64)) canonical(type);
  }
}

// Of an instruction that would trap too often: an odd divisor, a float in range.
void Body::guarded_operand(const Row& row, unsigned depth) {
  const wasm::Signature& signature = row.signature();
  const ValueType type = type_of(signature.parameters[0]);
  if (signature.parameter_count == 2) {
    expression(type, depth);
    expression(type, depth);
    if (type == wasm::kI32) code_.i32(1).op(Op::i32_or);
    if (type == wasm::kI64) code_.i64(1).op(Op::i64_or);
    return;
  }
  expression(wasm::kI32, depth);
  if (signature.result == 'i') code_.i32(1).op(Op::i32_shr_u);
  code_.op(type == wasm::kF32 ? Op::f32_convert_i32_u : Op::f64_convert_i32_u);
  // 2^31 is what f32 makes of INT32_MAX; the trap is found, too.
}

void Body::canonical(const ValueType& type) {
  const bool single = type == wasm::kF32;
  const uint32_t value = new_local(single ? wasm::kI32 : wasm::kI64);
  code_.op(single ? Op::i32_reinterpret_f32 : Op::i64_reinterpret_f64);
  code_.op(Op::local_set, value);
  if (single) {
    code_.i32(0x7fc00000).op(Op::local_get, value).op(Op::local_get, value);
    code_.i32(0x7fffffff).op(Op::i32_and).i32(0x7f800000).op(Op::i32_gt_u).op(Op::select);
    code_.op(Op::f32_reinterpret_i32);
  } else {
    code_.i64(0x7ff8000000000000).op(Op::local_get, value).op(Op::local_get, value);
    code_.i64(0x7fffffffffffffff).op(Op::i64_and).i64(0x7ff0000000000000).op(Op::i64_gt_u);
    code_.op(Op::select).op(Op::f64_reinterpret_i64);
  }
}

void Body::canonical_lanes(const Row& row) {
  const uint32_t value = new_local(wasm::kV128);
  const bool single = row.makes_nans == 32;
  const uint64_t nan = single ? 0x7fc000007fc00000 : 0x7ff8000000000000;
  code_.op(Op::local_tee, value).op(Op::v128_const).raw(nan, 8).raw(nan, 8);
  code_.op(Op::local_get, value).op(Op::local_get, value);
  code_.op(single ? Op::f32x4_eq : Op::f64x2_eq).op(Op::v128_bitselect);
}

void Body::wide(unsigned depth) {
  static constexpr Op kOps[] = {Op::i64_add128, Op::i64_sub128, Op::i64_mul_wide_s,
                                Op::i64_mul_wide_u};
  const uint32_t chosen = below(std::size(kOps));
  for (unsigned i = 0; i < (chosen < 2 ? 4 : 2); ++i) expression(wasm::kI64, depth);
  code_.op(kOps[chosen]).op(flip() ? Op::i64_xor : Op::i64_sub);
}

// The first memory in the form that engines with one memory know.
void Body::access_immediate(uint32_t align_log2, uint32_t memory, uint64_t offset) {
  if (memory == 0) {
    code_.number(align_log2);
  } else {
    code_.number(align_log2 | 0x40U).number(memory);
  }
  code_.number(offset);
}

// An address for the access: masked, so that it is mostly in bounds. Returns the memory.
uint32_t Body::address(const Row& row, unsigned depth) {
  const uint32_t memory = below(program_.memories.size());
  const bool aligned = row.immediate == Immediate::kAtomic && !one_in(24);
  masked(program_.memories[memory].is64, aligned ? kMemoryMask & ~15U : kMemoryMask, depth);
  return memory;
}

// A number of the type of addresses, within the mask with few exceptions.
void Body::masked(bool is64, uint32_t mask, unsigned depth) {
  const bool wild = one_in(program_.features.wild ? 3 : 32);
  expression(is64 ? wasm::kI64 : wasm::kI32, depth);
  if (wild) return;
  code_.address(is64, mask).op(is64 ? Op::i64_and : Op::i32_and);
}

void Body::store(unsigned depth) {
  const auto& rows = memory_rows(0);
  const Row& chosen = rows[below(rows.size())];
  if (!has_feature(program_.features, chosen)) return;
  row(chosen, depth);
}

void Body::atomic(const ValueType& type, unsigned depth) {
  const auto& rows = atomic_rows(letter_of(type));
  row(rows[below(rows.size())], depth);
}

void Body::wait_or_notify(unsigned depth) {
  const uint32_t memory = below(program_.memories.size());
  const Memory& waited = program_.memories[memory];
  masked(waited.is64, kMemoryMask & ~7U, depth);
  expression(wasm::kI32, depth);
  // Waiting for a moment is tried in the unit tests; here, for none at all.
  const bool wait = waited.shared && flip();
  if (wait) code_.i64(0);
  code_.op(wait ? Op::memory_atomic_wait32 : Op::memory_atomic_notify);
  access_immediate(2, memory, uint64_t{4} * below(64));
  set(local(wasm::kI32));
}

}  // namespace wasmedge::fuzz
