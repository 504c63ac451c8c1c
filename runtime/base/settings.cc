#include "runtime/base/settings.h"

#include <limits>
#include <string>

#include "runtime/base/scan.h"

namespace wasmedge {
namespace {

void skip_blanks(Scanner& scanner) {
  while (scanner.take(" ") || scanner.take("\t") || scanner.take("\r")) {
  }
}

Result<std::string> read_string(Scanner& scanner) {
  const bool literal = scanner.take("'");
  if (!literal) scanner.take("\"");
  std::string value;
  for (;;) {
    value += scanner.take_until(literal ? "'" : "\"\\");
    if (scanner.take(literal ? "'" : "\"")) return value;
    if (scanner.done())
      return scanner.fail_here(literal ? "' after the text" : "\" after the text");
    if (scanner.take("\\\\")) {
      value += '\\';
    } else if (scanner.take("\\\"")) {
      value += '"';
    } else {
      return scanner.fail_here("\\\\ or \\\": settings have no other escapes");
    }
  }
}

Result<std::string> read_value(Scanner& scanner) {
  constexpr std::string_view kExpected = "a value: \"text\", a whole number, true or false";
  if (scanner.rest().starts_with('"') || scanner.rest().starts_with('\'')) {
    return read_string(scanner);
  }
  const size_t start = scanner.position();
  const std::string_view word = scanner.take_until(" \t\r#");
  const bool number =
      !word.empty() && word.find_first_not_of("0123456789_") == std::string_view::npos;
  if (!number && word != "true" && word != "false") return scanner.fail_at(start, kExpected);
  std::string value(word);
  std::erase(value, '_');
  return value;
}

using Use = std::function<Result<>(std::string_view, std::string_view, std::string_view)>;

Result<> read_line(std::string_view file, size_t number, std::string_view line, const Use& use) {
  const std::string place = fmt::format("{}: line {}", file, number);
  Scanner scanner(place, line);
  skip_blanks(scanner);
  if (scanner.done() || scanner.rest().starts_with('#')) return {};
  const size_t start = scanner.position();
  const std::string_view key = scanner.take_until(" \t=\r");
  skip_blanks(scanner);
  if (key.empty() || !scanner.take("=")) {
    return scanner.fail_at(key.empty() ? start : scanner.position(),
                           "a setting, such as memory = \"64MiB\"");
  }
  skip_blanks(scanner);
  TRY_ASSIGN(const std::string value, read_value(scanner));
  skip_blanks(scanner);
  if (!scanner.done() && !scanner.rest().starts_with('#')) {
    return scanner.fail_here("the end of the line");
  }
  return use(key, fmt::format("{}: {}", file, key), value);
}

}  // namespace

Result<> read_settings(std::string_view file, std::string_view text, const Use& use) {
  for (size_t number = 1;; ++number) {
    const size_t end = text.find('\n');
    TRY(read_line(file, number, text.substr(0, end), use));
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

Result<uint64_t> parse_quantity(std::string_view name, std::string_view text,
                                std::span<const Unit> units, uint64_t plain,
                                std::string_view expected) {
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  Scanner scanner(name, text);
  TRY_ASSIGN(const uint64_t number, scanner.take_number(kMost, expected));
  uint64_t unit = plain;
  const size_t start = scanner.position();
  for (const Unit& each : units) {
    if (scanner.rest() != each.name) continue;
    scanner.take(each.name);
    unit = each.value;
  }
  if (!scanner.done()) return scanner.fail_at(start, expected);
  if (number > kMost / unit) return scanner.fail_at(0, fmt::format("at most {}", kMost / unit));
  return number * unit;
}

}  // namespace wasmedge
