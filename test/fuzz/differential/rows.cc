#include "test/fuzz/differential/rows.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "runtime/wasm/instructions.h"

namespace wasmedge::fuzz {

namespace {

using wasm::Op;

template <class Imm>
struct ImmediateOf {
  static constexpr Immediate kKind = Immediate::kOther;
  static constexpr uint8_t kSize = 0;
};
template <>
struct ImmediateOf<wasm::NoImm> {
  static constexpr Immediate kKind = Immediate::kNone;
  static constexpr uint8_t kSize = 0;
};
template <>
struct ImmediateOf<wasm::ShuffleImm> {
  static constexpr Immediate kKind = Immediate::kShuffle;
  static constexpr uint8_t kSize = 0;
};
template <unsigned n>
struct ImmediateOf<wasm::LaneImm<n>> {
  static constexpr Immediate kKind = Immediate::kLane;
  static constexpr uint8_t kSize = n;
};
template <unsigned n>
struct ImmediateOf<wasm::MemArg<n>> {
  static constexpr Immediate kKind = Immediate::kAccess;
  static constexpr uint8_t kSize = n;
};
template <unsigned n>
struct ImmediateOf<wasm::MemArgLane<n>> {
  static constexpr Immediate kKind = Immediate::kLaneAccess;
  static constexpr uint8_t kSize = n;
};
template <unsigned n>
struct ImmediateOf<wasm::AtomicArg<n>> {
  static constexpr Immediate kKind = Immediate::kAtomic;
  static constexpr uint8_t kSize = n;
};

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Float lanes that an instruction computes: the standard leaves a NaN's bits open.
uint8_t nan_lanes(std::string_view text) {
  constexpr std::array<std::string_view, 15> kArithmetic = {
      ".ceil", ".floor",  ".trunc",   ".nearest",     ".sqrt",        ".add", ".sub",    ".mul",
      ".div",  ".demote", ".promote", ".relaxed_min", ".relaxed_max", "madd", ".convert"};
  const bool f32 = text.starts_with("f32x4");
  if (!f32 && !text.starts_with("f64x2")) return 0;
  const bool computes = text.ends_with(".min") || text.ends_with(".max") ||
                        std::any_of(kArithmetic.begin(), kArithmetic.end(),
                                    [&](auto part) { return has(text, part); });
  return computes ? (f32 ? 32 : 64) : 0;
}

Row row_of(Op op, Immediate immediate, uint8_t size) {
  const wasm::OpInfo& info = wasm::info(op);
  const auto parameters = std::string_view(info.signature.parameters.data());
  const bool takes_float = has(parameters, "f") || has(parameters, "d");
  Row row{op, immediate, size};
  row.sees_bits = takes_float && (has(info.text, "reinterpret") || has(info.text, "copysign") ||
                                  has(info.text, "store") || has(info.text, "splat") ||
                                  has(info.text, "replace_lane"));
  row.may_trap = has(info.text, ".div_") || has(info.text, ".rem_") ||
                 (has(info.text, ".trunc_f") && !has(info.text, "x4"));
  row.makes_nans = nan_lanes(info.text);
  return row;
}

struct Rows {
  std::map<char, std::vector<Row>> pure, memory, atomic;

  Rows() {
#define WASM_OP(id, encoding, text, immediate, signature, feature) \
  add(row_of(Op::id, ImmediateOf<wasm::immediate>::kKind, ImmediateOf<wasm::immediate>::kSize));
#define WASM_SPECIAL(id, encoding, text, immediate, feature)
#include "runtime/wasm/opcodes.def"
  }

  void add(const Row& row) {
    const std::string_view text = wasm::info(row.op).text;
    const char result = row.signature().result;
    switch (row.immediate) {
      case Immediate::kNone:
      case Immediate::kLane:
      case Immediate::kShuffle:
        if (result != 0) pure[result].push_back(row);
        return;
      case Immediate::kAccess:
      case Immediate::kLaneAccess:
        return memory[result].push_back(row);
      case Immediate::kAtomic:
        if (!has(text, "wait") && !has(text, "notify")) atomic[result].push_back(row);
        return;
      case Immediate::kOther:
        return;
    }
  }
};

const Rows& rows() {
  static const Rows all;
  return all;
}

}  // namespace

const std::vector<Row>& pure_rows(char result) {
  return rows().pure.at(result);
}
const std::vector<Row>& memory_rows(char result) {
  return rows().memory.at(result);
}
const std::vector<Row>& atomic_rows(char result) {
  return rows().atomic.at(result);
}

}  // namespace wasmedge::fuzz
