#include "runtime/wasi/trace.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "runtime/base/quote.h"

namespace wasmedge::wasi {

namespace {

constexpr std::string_view kOut = "_out";
constexpr std::string_view kSize = "_size";

// The next parameter's name of "uint32_t fd, uint64_t offset"; empty at the end.
std::string_view next_name(std::string_view& parameters) {
  std::string_view one = parameters.substr(0, parameters.find(','));
  parameters.remove_prefix(std::min(parameters.size(), one.size() + 1));
  return one.empty() ? one : one.substr(one.rfind(' ') + 1);
}

bool is_size_of(std::string_view name, std::string_view text) {
  return name.size() == text.size() + kSize.size() && name.starts_with(text) &&
         name.ends_with(kSize);
}

// Whether people read it in base 16: addresses and sets of rights.
bool is_hexadecimal(std::string_view name) {
  static constexpr std::string_view kNames[] = {"iovecs", "subscriptions", "buffer", "address",
                                                "value",  "hints",         "base",   "inheriting"};
  return name.ends_with(kOut) ||
         std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// NOTCAPABLE of kNotCapable, as the specification writes it.
std::string_view errno_name(Errno error, fmt::memory_buffer& buffer) {
  std::string_view name = "SUCCESS";
  switch (error) {
    case Errno::kSuccess:
      break;
#define X(each, number, host) \
  case Errno::each:           \
    name = #each;             \
    name.remove_prefix(1);    \
    break;
      WASMEDGE_WASI_ERRNOS(X)
#undef X
  }
  for (const char c : name)
    buffer.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return {buffer.data(), buffer.size()};
}

}  // namespace

TracedCall::TracedCall(const WasiEnv& env, std::string_view name, std::string_view parameters,
                       std::span<const uint64_t> values)
    : env_(env), parameters_(parameters), values_(values) {
  fmt::format_to(std::back_inserter(line_), "wasi: {}(", name);
  std::string_view rest = parameters;
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string_view parameter = next_name(rest);
    fmt::format_to(std::back_inserter(line_), "{}{}=", i == 0 ? "" : ", ", parameter);
    std::string_view behind = rest;
    const bool text = i + 1 < values.size() && is_size_of(next_name(behind), parameter);
    if (text && add_text(values[i], values[i + 1])) {
      rest = behind;
      ++i;
    } else {
      add_value(parameter, values[i]);
    }
  }
  line_.push_back(')');
}

void TracedCall::add_value(std::string_view name, uint64_t value) {
  if (is_hexadecimal(name)) {
    fmt::format_to(std::back_inserter(line_), "{:#x}", value);
  } else {
    fmt::format_to(std::back_inserter(line_), "{}", value);
  }
}

bool TracedCall::add_text(uint64_t address, uint64_t size) {
  constexpr uint64_t kMost = 256;  // more than quote() shows
  const uint64_t shown = std::min(size, kMost);
  const std::byte* bytes = env_.memory.range(static_cast<uint32_t>(address), shown);
  if (bytes == nullptr) return false;
  line_.append(quote({reinterpret_cast<const char*>(bytes), shown}));
  return true;
}

void TracedCall::add_results() {
  std::string_view rest = parameters_;
  for (const uint64_t address : values_) {
    std::string_view name = next_name(rest);
    if (!name.ends_with(kOut)) continue;
    name.remove_suffix(kOut.size());
    const auto at = static_cast<uint32_t>(address);
    uint64_t wide = 0;
    uint32_t narrow = 0;
    if (name == "nanoseconds" || name == "position") {
      if (env_.memory.load(at, wide) != Errno::kSuccess) continue;
    } else if (name == "fd" || name == "size" || name == "count" || name == "events_count") {
      if (env_.memory.load(at, narrow) != Errno::kSuccess) continue;
      wide = narrow;
    } else {
      continue;
    }
    fmt::format_to(std::back_inserter(line_), ", {}={}", name, wide);
  }
}

void TracedCall::end(Errno error) {
  fmt::memory_buffer name;
  fmt::format_to(std::back_inserter(line_), " = {}", errno_name(error, name));
  if (error == Errno::kSuccess) add_results();
  write();
}

void TracedCall::end(int32_t result) {
  fmt::format_to(std::back_inserter(line_), " = {}", result);
  write();
}

void TracedCall::end() {
  write();
}

void TracedCall::write() {
  line_.push_back('\n');
  // Nobody may read it; the guest goes on all the same.
  [[maybe_unused]] const ssize_t written = ::write(env_.guest->trace, line_.data(), line_.size());
}

}  // namespace wasmedge::wasi
