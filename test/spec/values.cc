#include "test/spec/values.h"

#include <charconv>
#include <cstring>
#include <optional>

namespace wasmedge::spec {

namespace {

using nlohmann::json;

template <typename Int>
std::optional<uint64_t> parse_as(std::string_view text) {
  Int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return static_cast<uint64_t>(value);
}

/// A decimal number, unsigned or negative, as 64 bits.
std::optional<uint64_t> parse_number(std::string_view text) {
  return text.starts_with('-') ? parse_as<int64_t>(text) : parse_as<uint64_t>(text);
}

/// Host references are any pointers, never followed; number 0 must not be null.
void* extern_reference(uint64_t number) {
  return reinterpret_cast<void*>((number + 1) * 16);  // NOLINT(performance-no-int-to-ptr)
}

/// The format of a float: its width, its exponent, and the quiet bit, which leads the fraction.
struct FloatFormat {
  uint64_t bits;
  uint64_t exponent;
  uint64_t quiet;
};
constexpr FloatFormat kF32Format{0xffff'ffff, 0x7f80'0000, 0x0040'0000};
constexpr FloatFormat kF64Format{~uint64_t{0}, 0x7ff0'0000'0000'0000, 0x0008'0000'0000'0000};

bool float_matches(std::string_view expected, uint64_t found, const FloatFormat& format) {
  const uint64_t sign = format.bits ^ (format.bits >> 1);
  const uint64_t quiet_nan = format.exponent | format.quiet;
  if (expected == "nan:canonical") return (found & ~sign) == quiet_nan;
  if (expected == "nan:arithmetic") return (found & quiet_nan) == quiet_nan;
  const auto bits = parse_number(expected);
  return bits && (*bits & format.bits) == found;
}

// Lanes of a v128, as the scripts name them.
unsigned lane_bits(std::string_view lane_type) {
  const auto bits = parse_as<unsigned>(lane_type.substr(1));
  return bits && *bits >= 8 && *bits <= 64 ? static_cast<unsigned>(*bits) : 64;
}

uint64_t lane_of(const run::Value& value, size_t lane, unsigned bits) {
  uint64_t found = 0;
  std::memcpy(&found, &value.v128[lane * bits / 8], bits / 8);
  return found;
}

bool lane_matches(std::string_view lane_type, std::string_view expected, uint64_t found) {
  if (lane_type == "f32") return float_matches(expected, found, kF32Format);
  if (lane_type == "f64") return float_matches(expected, found, kF64Format);
  const uint64_t mask = ~uint64_t{0} >> (64 - lane_bits(lane_type));
  const auto number = parse_number(expected);
  return number && (*number & mask) == found;
}

bool vector_matches(const json& expected, const run::Value& value) {
  const auto& lane_type = expected.at("lane_type").get_ref<const std::string&>();
  const unsigned bits = lane_bits(lane_type);
  const json& lanes = expected.at("value");
  if (lanes.size() * bits != 8 * sizeof(value.v128)) return false;
  for (size_t i = 0; i < lanes.size(); ++i) {
    const auto& lane = lanes[i].get_ref<const std::string&>();
    if (!lane_matches(lane_type, lane, lane_of(value, i, bits))) return false;
  }
  return true;
}

Result<run::Value> parse_vector(const json& argument) {
  const unsigned bits = lane_bits(argument.at("lane_type").get_ref<const std::string&>());
  const json& lanes = argument.at("value");
  run::Value value{};
  if (lanes.size() * bits != 8 * sizeof(value.v128)) {
    return fail(ErrorCode::kInvalidArgument, "{} lanes of {} bits are no v128", lanes.size(), bits);
  }
  for (size_t i = 0; i < lanes.size(); ++i) {
    const auto number = parse_number(lanes[i].get_ref<const std::string&>());
    if (!number) return fail(ErrorCode::kInvalidArgument, "lane {} is no number", lanes[i].dump());
    std::memcpy(&value.v128[i * bits / 8], &*number, bits / 8);
  }
  return value;
}

bool reference_matches(std::string_view type, const json& expected, const void* found) {
  if (type == "refnull" || expected == "null") return found == nullptr;
  if (!expected.is_string()) return found != nullptr;
  const auto number = parse_number(expected.get_ref<const std::string&>());
  return type == "externref" && number && found == extern_reference(*number);
}

std::string describe(const wasm::ValueType& type, const run::Value& value) {
  switch (type.kind) {
    case wasm::ValueKind::kI32:
      return fmt::format("i32 {}", value.i32);
    case wasm::ValueKind::kI64:
      return fmt::format("i64 {}", value.i64);
    case wasm::ValueKind::kF32:
      return fmt::format("f32 {:#x} ({})", value.i32, value.f32);
    case wasm::ValueKind::kF64:
      return fmt::format("f64 {:#x} ({})", value.i64, value.f64);
    case wasm::ValueKind::kV128:
      return fmt::format("v128 {:#018x} {:#018x}", lane_of(value, 0, 64), lane_of(value, 1, 64));
    case wasm::ValueKind::kRef:
      return fmt::format("{} {}", wasm::to_string(type), fmt::ptr(value.ref));
  }
  return "a value of no known type";
}

bool matches(const json& expected, const wasm::ValueType& type, const run::Value& value) {
  const auto& name = expected.at("type").get_ref<const std::string&>();
  if (name == "either") {
    for (const json& one : expected.at("values")) {
      if (matches(one, type, value)) return true;
    }
    return false;
  }
  if (type == wasm::kV128) return name == "v128" && vector_matches(expected, value);
  const json wanted = expected.value("value", json());
  if (type.is_ref()) return reference_matches(name, wanted, value.ref);
  if (name != wasm::to_string(type) || !wanted.is_string()) return false;
  const auto& text = wanted.get_ref<const std::string&>();
  if (type == wasm::kF32) return float_matches(text, value.i32, kF32Format);
  if (type == wasm::kF64) return float_matches(text, value.i64, kF64Format);
  const auto number = parse_number(text);
  if (type == wasm::kI32) return number && static_cast<uint32_t>(*number) == value.i32;
  return type == wasm::kI64 && number == value.i64;
}

}  // namespace

Result<run::Value> parse_argument(const json& argument) {
  const auto& type = argument.at("type").get_ref<const std::string&>();
  if (type == "v128") return parse_vector(argument);
  const auto& text = argument.at("value").get_ref<const std::string&>();
  run::Value value{};
  if (text == "null") return value;
  const auto number = parse_number(text);
  if (!number) return fail(ErrorCode::kInvalidArgument, "argument {} is no number", text);
  if (type == "externref") {
    value.ref = extern_reference(*number);
  } else if (type == "i32" || type == "f32") {
    value.i32 = static_cast<uint32_t>(*number);
  } else if (type == "i64" || type == "f64") {
    value.i64 = *number;
  } else {
    return fail(ErrorCode::kInvalidArgument, "argument of type {}", type);
  }
  return value;
}

Result<> check_result(const json& expected, const wasm::ValueType& type, const run::Value& value) {
  if (matches(expected, type, value)) return {};
  return fail(ErrorCode::kInvalidArgument, "expected {}, found {}", expected.dump(),
              describe(type, value));
}

}  // namespace wasmedge::spec
