#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "runtime/base/result.h"

/// Reading a JSON document into values, field by field, where every complaint names its place.
/// Internal to the parsers of this folder.
namespace wasmedge::oci::json {

using Json = nlohmann::json;

/// Where a value stands: a chain up to the document, built on the stack, turned into text only for
/// an error ("process.args[0]").
struct Place {
  const Place* parent = nullptr;
  std::string_view key;  // in an object
  size_t index = 0;      // in an array, if key is empty
  std::string text() const;
};

/// Reads values and keeps the first error; after one, everything else is left at its default.
class Reader {
 public:
  /// `document` is what messages call it: "config.json".
  explicit Reader(std::string_view document) : document_(document) {}

  bool failed() const { return error_.has_value(); }
  Error take_error() { return std::move(*error_); }

  /// "<document>: <place>: <message>"
  void complain(const Place& place, std::string message);
  /// "expected <what>, found <type of value>"
  void expected(const Place& place, std::string_view what, const Json& value);

  void read(const Place& place, const Json& value, std::string& out);
  void read(const Place& place, const Json& value, bool& out);

  template <typename T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  void read(const Place& place, const Json& value, T& out) {
    if (!value.is_number_integer()) return expected(place, "a whole number", value);
    if (value.is_number_unsigned()) {
      const auto number = value.get<uint64_t>();
      if (std::in_range<T>(number)) return static_cast<void>(out = static_cast<T>(number));
    } else if (const auto number = value.get<int64_t>(); std::in_range<T>(number)) {
      return static_cast<void>(out = static_cast<T>(number));
    }
    complain(place, fmt::format("{} is out of range ({} to {})", value.dump(),
                                std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  }

  template <typename T>
  void read(const Place& place, const Json& value, std::optional<T>& out) {
    read(place, value, out.emplace());
  }

  template <typename T>
  void read(const Place& place, const Json& value, std::vector<T>& out) {
    if (!value.is_array()) return expected(place, "an array", value);
    for (size_t i = 0; i < value.size() && !failed(); ++i) {
      read(Place{&place, {}, i}, value[i], out.emplace_back());
    }
  }

  void read(const Place& place, const Json& value, std::map<std::string, std::string>& out);

  /// A struct T is read by `void read_fields(Object&, T&)`, found by argument-dependent lookup.
  template <typename T>
    requires std::is_class_v<T>
  void read(const Place& place, const Json& value, T& out);

 private:
  std::string_view document_;
  std::optional<Error> error_;
};

/// One JSON object; null counts as absent.
class Object {
 public:
  Object(Reader& reader, const Place& place, const Json& value)
      : reader_(reader), place_(place), value_(value) {}

  template <typename T>
  void required(std::string_view key, T& out) {
    const Place place{&place_, key};
    if (const Json* value = find(key)) return reader_.read(place, *value, out);
    reader_.complain(place, "is missing");
  }
  template <typename T>
  void optional(std::string_view key, T& out) {
    if (const Json* value = find(key)) reader_.read(Place{&place_, key}, *value, out);
  }
  /// An object whose fields the caller reads: `read_in(Object&)`.
  template <typename ReadIn>
  void required_object(std::string_view key, ReadIn read_in) {
    if (find(key) == nullptr) return reader_.complain(Place{&place_, key}, "is missing");
    optional_object(key, read_in);
  }
  template <typename ReadIn>
  void optional_object(std::string_view key, ReadIn read_in) {
    const Json* value = find(key);
    if (value == nullptr || failed()) return;
    const Place place{&place_, key};
    if (!value->is_object()) return reader_.expected(place, "an object", *value);
    Object object(reader_, place, *value);
    read_in(object);
  }
  bool failed() const { return reader_.failed(); }
  void complain(std::string_view key, std::string message) {
    reader_.complain(Place{&place_, key}, std::move(message));
  }

 private:
  const Json* find(std::string_view key) const {
    const auto found = value_.find(key);
    return found == value_.end() || found->is_null() ? nullptr : &*found;
  }
  Reader& reader_;
  const Place& place_;
  const Json& value_;
};

template <typename T>
  requires std::is_class_v<T>
void Reader::read(const Place& place, const Json& value, T& out) {
  if (failed()) return;
  if (!value.is_object()) return expected(place, "an object", value);
  Object object(*this, place, value);
  read_fields(object, out);
}

/// A whole document as a T; `name` is what messages call it.
template <typename T>
Result<T> parse(std::string_view name, std::string_view text) {
  Json document;
  try {
    document = Json::parse(text);
  } catch (const Json::parse_error& error) {
    return fail(ErrorCode::kInvalidArgument, "{}: not valid JSON at byte {} of {}", name,
                error.byte, text.size());
  } catch (const Json::exception& error) {  // a number beyond a double
    return fail(ErrorCode::kInvalidArgument, "{}: not valid JSON: {}", name, error.what());
  }
  T value;
  Reader reader(name);
  reader.read(Place{}, document, value);
  if (reader.failed()) return tl::unexpected<Error>(reader.take_error());
  return value;
}

}  // namespace wasmedge::oci::json
