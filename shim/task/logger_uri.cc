#include "shim/task/logger_uri.h"

#include <array>
#include <charconv>
#include <set>
#include <string_view>
#include <utility>

#include "runtime/base/quote.h"

namespace wasmedge::task {
namespace {

using Kind = LoggerUri::Kind;

struct Scheme {
  std::string_view prefix;
  Kind kind;
};
constexpr std::array<Scheme, 3> kSchemes = {{
    {"file://", Kind::kFile},
    {"binary://", Kind::kProgram},
    {"binary-v2://", Kind::kTalking},
}};

const Scheme* scheme_of(std::string_view uri) {
  for (const Scheme& scheme : kSchemes) {
    if (uri.starts_with(scheme.prefix)) return &scheme;
  }
  return nullptr;
}

/// RFC 3986, section 2.1; in a query (`plus`) a + is a space.
Result<std::string> unescape(std::string_view text, bool plus) {
  std::string plain;
  for (size_t i = 0; i < text.size(); i++) {
    char byte = text[i] == '+' && plus ? ' ' : text[i];
    if (text[i] == '%') {
      const std::string_view digits = text.substr(i + 1, 2);
      unsigned value = 0;
      const char* const begin = digits.begin();
      const char* const end = digits.end();
      const auto [stop, error] = std::from_chars(begin, end, value, 16);
      if (digits.size() != 2 || error != std::errc() || stop != end) {
        return fail(ErrorCode::kInvalidArgument, "{} is no escape: two hex digits follow a %",
                    quote(text.substr(i, 3)));
      }
      byte = static_cast<char>(value);
      i += 2;
    }
    if (byte == '\0') return fail(ErrorCode::kInvalidArgument, "it has a zero byte");
    plain += byte;
  }
  return plain;
}

Result<std::vector<std::string>> parse_query(std::string_view query) {
  std::vector<std::string> arguments;
  std::set<std::string> seen;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    TRY_ASSIGN(std::string key, unescape(pair.substr(0, equals), true));
    TRY_ASSIGN(std::string value, unescape(pair.substr(std::min(pair.size(), equals + 1)), true));
    if (!seen.insert(key).second) continue;
    arguments.push_back(std::move(key));
    arguments.push_back(std::move(value));
  }
  return arguments;
}

Result<LoggerUri> parse(const Scheme& scheme, std::string_view uri) {
  uri.remove_prefix(scheme.prefix.size());
  const size_t question = std::min(uri.find('?'), uri.size());
  LoggerUri logger{.kind = scheme.kind, .path = {}, .arguments = {}};
  TRY_ASSIGN(logger.path, unescape(uri.substr(0, question), false));
  if (!logger.path.starts_with('/')) {
    return fail(ErrorCode::kInvalidArgument, "{} is not absolute: write {}/…", quote(logger.path),
                scheme.prefix);
  }
  if (scheme.kind == Kind::kFile && question < uri.size()) {
    return fail(ErrorCode::kInvalidArgument, "a file has no arguments: write %3F for a ?");
  }
  TRY_ASSIGN(logger.arguments, parse_query(uri.substr(std::min(uri.size(), question + 1))));
  return logger;
}

}  // namespace

Result<std::optional<LoggerUri>> parse_logger(const StdioPaths& paths) {
  const Scheme* const scheme = scheme_of(paths.out);
  if (scheme == nullptr && scheme_of(paths.err) == nullptr) return std::nullopt;
  if (scheme == nullptr || (!paths.err.empty() && paths.err != paths.out)) {
    return fail(ErrorCode::kInvalidArgument,
                "stdout is {} and stderr {}: a logger takes both, so name it for both",
                quote(paths.out), quote(paths.err));
  }
  auto logger = parse(*scheme, paths.out);
  if (!logger) return wrap(std::move(logger).error(), fmt::format("stdout: {}", quote(paths.out)));
  return std::optional<LoggerUri>(std::move(*logger));
}

}  // namespace wasmedge::task
