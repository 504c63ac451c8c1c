#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/quote.h"
#include "runtime/base/result.h"

namespace wasmedge {

/// Reads a setting's text from left to right. Its complaints name the setting, the character that
/// is wrong (from 1) and what would be right there. The text outlives the Scanner.
class Scanner {
 public:
  /// `name`: what the text is the value of, such as "annotation io.wasmedge.wasi.memory".
  Scanner(std::string_view name, std::string_view text) : name_(name), text_(text) {}

  bool done() const { return at_ == text_.size(); }
  size_t position() const { return at_; }
  std::string_view rest() const { return text_.substr(at_); }

  /// Takes `word` if it is next.
  bool take(std::string_view word) {
    if (!rest().starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  /// Takes everything up to one of `ends`, or the end of the text.
  std::string_view take_until(std::string_view ends) {
    const std::string_view taken = rest().substr(0, rest().find_first_of(ends));
    at_ += taken.size();
    return taken;
  }
  /// Takes a decimal number of at most `most`; nothing is taken on failure.
  Result<uint64_t> take_number(uint64_t most, std::string_view expected) {
    uint64_t value = 0;
    const size_t start = at_;
    while (!done() && text_[at_] >= '0' && text_[at_] <= '9') {
      const auto digit = static_cast<uint64_t>(text_[at_] - '0');
      if (digit > most || value > (most - digit) / 10) return fail_at(start, expected);
      value = value * 10 + digit;
      ++at_;
    }
    if (at_ == start) return fail_here(expected);
    return value;
  }

  /// kInvalidArgument: `…: character 5 ("x"): expected …`.
  tl::unexpected<Error> fail_at(size_t position, std::string_view expected) const {
    constexpr size_t kShown = 24;
    const std::string_view found = text_.substr(std::min(position, text_.size()), kShown);
    return fail(ErrorCode::kInvalidArgument, "{}: character {} ({}): expected {}", name_,
                position + 1, found.empty() ? "the end" : quote(found), expected);
  }
  tl::unexpected<Error> fail_here(std::string_view expected) const {
    return fail_at(at_, expected);
  }

 private:
  std::string_view name_;
  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace wasmedge
