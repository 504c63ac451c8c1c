#include "runtime/wasi/call_text.h"

#include <charconv>
#include <optional>

#include "runtime/base/quote.h"

namespace wasmedge::wasi {
namespace {

template <typename T>
std::optional<T> parse(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Signed, or unsigned where that has no room.
template <typename Unsigned, typename Signed>
std::optional<Unsigned> parse_integer(std::string_view text) {
  if (const auto value = parse<Signed>(text)) return static_cast<Unsigned>(*value);
  return parse<Unsigned>(text);
}

/// Nothing: it is no such value.
std::optional<run::Value> parse_value(wasm::ValueKind kind, std::string_view text) {
  run::Value value{};
  const auto take = [&](auto parsed, auto& member) -> std::optional<run::Value> {
    if (!parsed) return std::nullopt;
    member = *parsed;
    return value;
  };
  switch (kind) {
    case wasm::ValueKind::kI32:
      return take(parse_integer<uint32_t, int32_t>(text), value.i32);
    case wasm::ValueKind::kI64:
      return take(parse_integer<uint64_t, int64_t>(text), value.i64);
    case wasm::ValueKind::kF32:
      return take(parse<float>(text), value.f32);
    case wasm::ValueKind::kF64:
      return take(parse<double>(text), value.f64);
    default:
      return std::nullopt;
  }
}

std::string format_value(const wasm::ValueType& type, const run::Value& value) {
  switch (type.kind) {
    case wasm::ValueKind::kI32:
      return fmt::format("{}", static_cast<int32_t>(value.i32));
    case wasm::ValueKind::kI64:
      return fmt::format("{}", static_cast<int64_t>(value.i64));
    case wasm::ValueKind::kF32:
      return fmt::format("{}", value.f32);
    case wasm::ValueKind::kF64:
      return fmt::format("{}", value.f64);
    default:
      return wasm::to_string(type);
  }
}

}  // namespace

Result<std::vector<run::Value>> parse_values(std::span<const wasm::ValueType> types,
                                             std::span<const std::string> texts) {
  if (texts.size() != types.size()) {
    return fail(ErrorCode::kInvalidArgument, "takes {} argument{}, and {} {} given", types.size(),
                types.size() == 1 ? "" : "s", texts.size(), texts.size() == 1 ? "is" : "are");
  }
  std::vector<run::Value> values;
  for (size_t i = 0; i < types.size(); ++i) {
    const auto value = parse_value(types[i].kind, texts[i]);
    if (!value) {
      return fail(ErrorCode::kInvalidArgument, "argument {}: {} is no {}{}", i + 1, quote(texts[i]),
                  wasm::to_string(types[i]),
                  types[i].is_ref() || types[i].kind == wasm::ValueKind::kV128
                      ? ", and no text can be one"
                      : "");
    }
    values.push_back(*value);
  }
  return values;
}

std::string format_values(std::span<const wasm::ValueType> types,
                          std::span<const run::Value> values) {
  std::string lines;
  for (size_t i = 0; i < types.size(); ++i) lines.append(format_value(types[i], values[i])) += '\n';
  return lines;
}

}  // namespace wasmedge::wasi
