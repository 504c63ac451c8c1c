#include "oci/json_fields.h"

namespace wasmedge::oci::json {

std::string Place::text() const {
  if (parent == nullptr) return {};
  std::string text = parent->text();
  if (key.empty()) return fmt::format("{}[{}]", text, index);
  if (!text.empty()) text += '.';
  return text.append(key);
}

void Reader::complain(const Place& place, std::string message) {
  if (failed()) return;
  const std::string where = place.text();
  error_ = Error{ErrorCode::kInvalidArgument,
                 where.empty() ? fmt::format("{}: {}", document_, message)
                               : fmt::format("{}: {}: {}", document_, where, message)};
}

void Reader::expected(const Place& place, std::string_view what, const Json& value) {
  complain(place, fmt::format("expected {}, found {}", what,
                              value.is_number_float() ? "a fraction" : value.type_name()));
}

void Reader::read(const Place& place, const Json& value, std::string& out) {
  if (!value.is_string()) return expected(place, "a string", value);
  out = value.get_ref<const std::string&>();
  // No name, path or argument of the kernel's can hold one: it would be cut there.
  if (out.find('\0') != std::string::npos) complain(place, "holds a NUL byte");
}

void Reader::read(const Place& place, const Json& value, bool& out) {
  if (!value.is_boolean()) return expected(place, "a boolean", value);
  out = value.get<bool>();
}

void Reader::read(const Place& place, const Json& value, std::map<std::string, std::string>& out) {
  if (!value.is_object()) return expected(place, "an object", value);
  for (const auto& [key, item] : value.items()) {
    const Place here{&place, key};
    if (key.find('\0') != std::string::npos) return complain(place, "a key holds a NUL byte");
    read(here, item, out[key]);
    if (failed()) return;
  }
}

}  // namespace wasmedge::oci::json
