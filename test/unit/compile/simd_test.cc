#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "runtime/wasm/opcodes.h"
#include "test/unit/compile/guest.h"

// Vectors beyond the spec suite: every instruction gives the same for constants, which LLVM folds,
// as for arguments, in both qualities; accesses touch the bytes they name and no others.
namespace wasmedge::test {
namespace {

using run::TrapCode;
class Vectors : public BothQualities {};

using Operands = std::vector<run::Value>;

constexpr uint8_t kV128 = 0x7b;

uint8_t type_of(char letter) {
  switch (letter) {
    case 'l':
      return kI64;
    case 'f':
      return kF32;
    case 'd':
      return kF64;
    case 'v':
      return kV128;
    default:
      return kI32;
  }
}

bool has(const wasm::OpInfo& info, std::string_view part) {
  return info.text.find(part) != std::string_view::npos;
}

bool is_vector(const wasm::OpInfo& info) {
  return info.feature == wasm::Feature::kSimd || info.feature == wasm::Feature::kRelaxedSimd;
}

std::span<const char> parameters(const wasm::OpInfo& info) {
  return std::span(info.signature.parameters).first(info.signature.parameter_count);
}

/// Takes values and gives one.
bool is_pure(const wasm::OpInfo& info) {
  return info.signature.parameter_count != 0 && parameters(info)[0] != 'p';
}

Bytes opcode(const wasm::OpInfo& info) {
  return concat({{static_cast<uint8_t>(info.encoding >> 16)}, leb(info.encoding & 0xffff)});
}

Bytes instruction(const wasm::OpInfo& info) {
  Bytes code = opcode(info);
  if (has(info, "extract_lane") || has(info, "replace_lane")) append(code, {1});
  if (has(info, "shuffle"))
    append(code, {0, 17, 2, 19, 31, 4, 4, 20, 8, 9, 10, 11, 15, 14, 13, 12});
  return code;
}

Bytes constant(char letter, const run::Value& value) {
  const auto bytes = [&value](size_t size) { return Bytes(value.v128, value.v128 + size); };
  switch (letter) {
    case 'i':
      return i32(static_cast<int32_t>(value.i32));
    case 'l':
      return i64(static_cast<int64_t>(value.i64));
    case 'f':
      return concat({{0x43}, bytes(4)});
    case 'd':
      return concat({{0x44}, bytes(8)});
    default:
      return concat({{0xfd, 0x0c}, bytes(16)});
  }
}

/// Lanes where something is special, whatever their width.
run::Value vector(unsigned variant) {
  static constexpr std::array<uint32_t, 22> kWords = {
      0,          0x80000000, 0x3f800000, 0xbf800000,  // zeros and ones
      0x7f800001, 0xff800001, 0x7fc00000, 0x7f800000,  // NaNs, infinity
      0x4f000000, 0xcf000000, 0x4f800000, 0x4effffff,  // 2^31 and around
      0x80008000, 0x7fff8001, 0x80ff7f01, 0x0f0e1001,
      0x41e00000, 0x41efffff, 0xc1e00000, 0x7ff00000,  // upper halves of doubles
      0xffffffff, 0x12345678};
  run::Value value{};
  for (unsigned i = 0; i < 4; ++i) {
    const uint32_t word = kWords[(variant * 7 + i * (variant % 5 + 1)) % kWords.size()];
    std::memcpy(&value.v128[size_t{4} * i], &word, sizeof(word));
  }
  return value;
}

Operands operands(const wasm::OpInfo& info, unsigned variant) {
  Operands values;
  for (unsigned i = 0; i < info.signature.parameter_count; ++i) {
    values.push_back(vector(variant + i * 11));
    if (parameters(info)[i] == 'i') values.back().i32 = (variant + 1) * 0x2000'0009;
  }
  return values;
}

/// A function that takes the first `taken` operands, the others being constants.
Bytes code_with(const wasm::OpInfo& info, const Operands& values, unsigned taken) {
  Bytes code;
  for (uint8_t i = 0; i < info.signature.parameter_count; ++i) {
    append(code, i < taken ? Bytes{0x20, i} : constant(parameters(info)[i], values[i]));
  }
  append(code, instruction(info));
  return code;
}

template <typename Int>
bool same_lanes(const run::Value& left, const run::Value& right, Int quiet_nan) {
  for (size_t i = 0; i < sizeof(left.v128); i += sizeof(Int)) {
    Int one = 0, other = 0;
    std::memcpy(&one, &left.v128[i], sizeof(Int));
    std::memcpy(&other, &right.v128[i], sizeof(Int));
    const bool both_nan = (one & quiet_nan) == quiet_nan && (other & quiet_nan) == quiet_nan;
    if (one != other && !both_nan) return false;
  }
  return true;
}

/// Equal, but for sign and payload of quiet NaNs where the instruction gives floats.
bool same(const wasm::OpInfo& info, const run::Value& left, const run::Value& right) {
  switch (info.signature.result) {
    case 'i':
    case 'f':
      return left.i32 == right.i32;
    case 'l':
    case 'd':
      return left.i64 == right.i64;
    default:
      break;
  }
  if (info.text.starts_with("f32x4")) return same_lanes<uint32_t>(left, right, 0x7fc00000);
  if (info.text.starts_with("f64x2")) {
    return same_lanes<uint64_t>(left, right, 0x7ff8'0000'0000'0000);
  }
  return std::ranges::equal(left.v128, right.v128);
}

constexpr unsigned kVariants = 10;

struct Case {
  const wasm::OpInfo* info;
  Operands values;
};

/// Every instruction and its operands; export <case>_<n> takes the first n operands as arguments.
std::vector<Case> all_cases(ModuleBytes& module) {
  std::vector<Case> cases;
  for (const wasm::OpInfo& info : wasm::kOpInfos) {
    if (!is_vector(info) || !is_pure(info)) continue;
    for (unsigned variant = 0; variant < kVariants; ++variant) {
      const Operands values = operands(info, variant);
      for (unsigned taken = 0; taken <= info.signature.parameter_count; ++taken) {
        Bytes types;
        for (unsigned i = 0; i < taken; ++i) types.push_back(type_of(parameters(info)[i]));
        const uint32_t type = module.type(types, {type_of(info.signature.result)});
        module.export_function(fmt::format("{}_{}", cases.size(), taken),
                               module.function(type, code_with(info, values, taken)));
      }
      cases.push_back({&info, values});
    }
  }
  return cases;
}

TEST(Simd, ConstantsAndQualitiesAgree) {
  ModuleBytes module;
  const std::vector<Case> cases = all_cases(module);
  EXPECT_GT(cases.size(), 200 * kVariants);
  Guest best(module.bytes(), compile::Quality::kBest);
  Guest none(module.bytes(), compile::Quality::kNone);
  for (size_t i = 0; i < cases.size(); ++i) {
    const wasm::OpInfo& info = *cases[i].info;
    std::vector<run::Value> results;
    for (unsigned taken = 0; taken <= info.signature.parameter_count; ++taken) {
      for (Guest* guest : {&best, &none}) {
        Operands values = cases[i].values;
        ASSERT_TRUE(guest->call(fmt::format("{}_{}", i, taken), values).returned());
        results.push_back(values[0]);
        EXPECT_TRUE(same(info, results[0], results.back()))
            << info.text << ", case " << i << ", " << taken << " arguments";
      }
    }
  }
}

TEST_P(Vectors, AConstantOfOtherLanesIsAnOperand) {
  // LLVM keeps what comparing two constants gives as an expression, which does not tell its lanes.
  ModuleBytes module;
  const uint32_t type = module.type({kV128}, {kV128});
  const auto op = [](wasm::Op op) { return instruction(wasm::info(op)); };
  run::Value ones{}, left{}, right{};
  for (size_t i = 0; i < 16; ++i) {
    ones.v128[i] = i % 4 == 3 ? 0x3f : i % 4 == 2 ? 0x80 : 0;
    left.v128[i] = static_cast<uint8_t>(i);
    right.v128[i] =
        static_cast<uint8_t>(i % 4 < 2 ? i : 99);  // halves of lanes are equal: denormals
  }
  module.export_function("add", module.function(type, concat({{0x20, 0},
                                                              constant('v', left),
                                                              constant('v', right),
                                                              op(wasm::Op::i16x8_eq),
                                                              op(wasm::Op::f32x4_add)})));
  Guest guest(module.bytes(), GetParam());
  std::vector<run::Value> values = {ones};
  ASSERT_TRUE(guest.call("add", values).returned());
  EXPECT_TRUE(std::ranges::equal(values[0].v128, ones.v128));
}

TEST_P(Vectors, AccessesTouchTheirBytesOnly) {
  constexpr uint32_t kPage = 65536;
  ModuleBytes module;
  module.memory({0x00, 1});
  struct Access {
    std::string name;
    uint32_t size = 0;
    bool is_store = false;
  };
  std::vector<Access> accesses;
  const uint32_t load_type = module.type({kI32}, {kV128});
  const uint32_t none_type = module.type({kI32}, {});
  for (const wasm::OpInfo& info : wasm::kOpInfos) {
    if (!is_vector(info) || info.signature.parameter_count == 0 || is_pure(info)) continue;
    const bool is_lane = has(info, "_lane");
    const bool is_store = info.signature.result == 0;
    uint32_t size = has(info, "8x8") || has(info, "16x4") || has(info, "32x2") ? 8 : 16;
    for (const uint32_t bits : {8u, 16u, 32u, 64u}) {
      for (const char* suffix : {"_splat", "_zero", "_lane"}) {
        if (has(info, fmt::format("{}{}", bits, suffix))) size = bits / 8;
      }
    }
    Bytes code = {0x20, 0};
    if (is_lane || is_store) append(code, constant('v', vector(3)));
    append(code, concat({opcode(info), {0, 0}}));
    if (is_lane) append(code, {1});
    const std::string name(info.text);
    module.export_function(name, module.function(is_store ? none_type : load_type, code));
    accesses.push_back({name, size, is_store});
    if (is_store) continue;
    append(code, {0x1a});
    module.export_function(name + " unused", module.function(none_type, code));
    accesses.push_back({name + " unused", size, false});
  }
  EXPECT_EQ(accesses.size(), 2u * 17 + 5);
  Guest guest(module.bytes(), GetParam());
  for (const Access& access : accesses) {
    std::vector<run::Value> values(1);
    values[0].i32 = kPage - access.size;
    EXPECT_TRUE(guest.call(access.name, values).returned()) << access.name << ": the last bytes";
    EXPECT_EQ(guest.trap(access.name, {kPage - access.size + 1}).code, TrapCode::kMemoryOutOfBounds)
        << access.name;
    EXPECT_EQ(guest.trap(access.name, {0xffff'ffff}).code, TrapCode::kMemoryOutOfBounds)
        << access.name;
  }
}

// A float from the last bytes of a memory, where an operation on all lanes takes it.
TEST_P(Vectors, ScalarsThatBecomeVectorsAreNotLoadedAsVectors) {
  constexpr uint32_t kPage = 65536;
  ModuleBytes module;
  module.memory({0x00, 1});
  const uint32_t load_type = module.type({kI32}, {kV128});
  const uint32_t float_type = module.type({kI32, kF64}, {kF64});
  const Bytes load = {0x20, 0, 0x2b, 0, 0};
  module.export_function("splat", module.function(load_type, concat({load, {0xfd, 0x14}})));
  module.export_function("neg", module.function(load_type, concat({load, {0x9a, 0xfd, 0x14}})));
  module.export_function(
      "copysign", module.function(float_type, concat({load, {0x20, 1, 0xa6, 0x20, 1, 0xa0}})));
  module.export_function(
      "sign", module.function(float_type, concat({{0x20, 1}, load, {0xa6, 0x20, 1, 0xa0}})));
  module.export_function("promote",
                         module.function(load_type, {0x20, 0, 0xfd, 0x5d, 0, 0, 0xfd, 0x5f}));
  module.export_function("extend",
                         module.function(load_type, {0x20, 0, 0xfd, 0x5d, 0, 0, 0xfd, 0x87, 0x01}));
  Guest guest(module.bytes(), GetParam());
  for (const char* name : {"splat", "neg", "copysign", "sign", "promote", "extend"}) {
    std::vector<run::Value> values(2);
    values[0].i32 = kPage - 8;
    EXPECT_TRUE(guest.call(name, values).returned()) << name;
    EXPECT_EQ(guest.trap(name, {kPage - 7, 0}).code, TrapCode::kMemoryOutOfBounds) << name;
  }
}

TEST_P(Vectors, VectorsGoEverywhere) {
  // A global, locals, a block's parameter and result, select, a call with more vectors than the CPU
  // has registers for, and several results.
  ModuleBytes module;
  const uint32_t two = module.type({kV128, kV128}, {kV128, kV128});
  const Bytes ten(10, kV128);
  const uint32_t many = module.type(ten, ten);
  const uint32_t get = module.type({}, {kV128});
  module.global(kV128, true, constant('v', vector(1)));
  const uint32_t swap = module.function(two, {0x20, 1, 0x20, 0});
  Bytes reverse;
  for (uint8_t i = 10; i-- > 0;) append(reverse, {0x20, i});
  const uint32_t reversed = module.function(many, reverse);
  Bytes all;
  for (uint8_t i = 0; i < 10; ++i) append(all, {0x20, i});
  append(all, concat({{0x10}, leb(reversed), {0x22, 0, 0x24, 0, 0x20, 0}}));
  module.export_function("many", module.function(many, all));
  module.export_function("global", module.function(get, {0x23, 0}));
  module.export_function(
      "two", module.function(
                 two, concat({{0x20, 0, 0x20, 1, 0x02}, leb(two), {0x10}, leb(swap), {0x0b}})));
  module.export_function("select", module.function(module.type({kV128, kV128, kI32}, {kV128}),
                                                   {0x20, 0, 0x20, 1, 0x20, 2, 0x1b}));
  Guest guest(module.bytes(), GetParam());
  const auto equal = [](const run::Value& left, const run::Value& right) {
    return std::ranges::equal(left.v128, right.v128);
  };
  std::vector<run::Value> values(1);
  ASSERT_TRUE(guest.call("global", values).returned());
  EXPECT_TRUE(equal(values[0], vector(1)));
  values.clear();
  for (unsigned i = 0; i < 10; ++i) values.push_back(vector(i));
  ASSERT_TRUE(guest.call("many", values).returned());
  for (unsigned i = 0; i < 10; ++i) EXPECT_TRUE(equal(values[i], vector(9 - i))) << i;
  ASSERT_TRUE(guest.call("global", values).returned());
  EXPECT_TRUE(equal(values[0], vector(0)));
  values = {vector(2), vector(3)};
  ASSERT_TRUE(guest.call("two", values).returned());
  EXPECT_TRUE(equal(values[0], vector(3)) && equal(values[1], vector(2)));
  for (const uint32_t which : {0u, 1u, 0x80000000u}) {
    values = {vector(2), vector(3), {}};
    values[2].i32 = which;
    ASSERT_TRUE(guest.call("select", values).returned());
    EXPECT_TRUE(equal(values[0], vector(which != 0 ? 2 : 3)));
  }
}

INSTANTIATE_TEST_SUITE_P(Quality, Vectors,
                         testing::Values(compile::Quality::kBest, compile::Quality::kNone),
                         [](const auto& info) {
                           return info.param == compile::Quality::kBest ? "Best" : "None";
                         });

}  // namespace
}  // namespace wasmedge::test
