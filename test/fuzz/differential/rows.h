#pragma once

#include <cstdint>
#include <vector>

#include "runtime/wasm/opcodes.h"

namespace wasmedge::fuzz {

/// What follows an instruction, as far as the rows of the opcode table that the generator draws
/// from have it.
enum class Immediate : uint8_t { kNone, kLane, kShuffle, kAccess, kLaneAccess, kAtomic, kOther };

/// An instruction of fixed signature, and what the generator must know of it.
struct Row {
  wasm::Op op;
  Immediate immediate = Immediate::kOther;
  uint8_t size = 0;        // lanes, or log2 of the access's bytes
  bool sees_bits = false;  // of a float operand, a NaN's payload or sign
  bool may_trap = false;   // on operands as they come
  uint8_t makes_nans = 0;  // lanes of 32 or 64 bits that may be NaNs of any kind; 0: none
  const wasm::Signature& signature() const { return wasm::info(op).signature; }
};

/// All rows by result ('i', 'l', 'f', 'd', 'v'; 0: none) and by whether they access memory.
const std::vector<Row>& pure_rows(char result);
const std::vector<Row>& memory_rows(char result);
const std::vector<Row>& atomic_rows(char result);

}  // namespace wasmedge::fuzz
