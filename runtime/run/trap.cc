#include "runtime/run/trap.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace wasmedge::run {
namespace {

// Appends to a fixed buffer; what does not fit is dropped. Nothing here allocates or locks.
class Line {
 public:
  explicit Line(std::span<char> buffer) : buffer_(buffer) {}

  void text(std::string_view text) {
    const size_t fits = std::min(text.size(), buffer_.size() - size_);
    size_ += text.copy(buffer_.data() + size_, fits);
  }
  void number(uint32_t value, unsigned base) {
    std::array<char, 10> digits{};
    size_t first = digits.size();
    do {
      digits[--first] = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    text({digits.data() + first, digits.size() - first});
  }
  // A name out of the module, as base/quote.h shows one, but long enough for mangled names.
  void name(std::string_view name) {
    constexpr size_t kLongestName = 256;
    for (const char c : name.substr(0, kLongestName)) {
      const auto byte = static_cast<uint8_t>(c);
      if (byte >= 0x20 && byte <= 0x7e && c != '"' && c != '\\') {
        text({&c, 1});
      } else {
        text("\\x");
        if (byte < 16) text("0");
        number(byte, 16);
      }
    }
    if (name.size() > kLongestName) text("…");
  }
  size_t size() const { return size_; }

 private:
  std::span<char> buffer_;
  size_t size_ = 0;
};

constexpr size_t kLongest = 2048;

// "#3 $name (index 12) at module.wasm+0x1a4, file.c:7"
void add_frame(Line& line, const TrapFrame& frame) {
  if (frame.function == kNoFunction) return line.text("the host");
  if (frame.function_name.empty()) {
    line.text("function ");
    line.number(frame.function, 10);
  } else {
    line.text("$");
    line.name(frame.function_name);
    line.text(" (index ");
    line.number(frame.function, 10);
    line.text(")");
  }
  line.text(" at ");
  line.name(std::string_view(frame.module).substr(frame.module.rfind('/') + 1));
  if (frame.wasm_offset != 0) {
    line.text("+0x");
    line.number(frame.wasm_offset, 16);
  }
  if (frame.line == 0) return;
  line.text(", ");
  line.name(frame.file);
  line.text(":");
  line.number(frame.line, 10);
}

std::string format_frame(uint64_t number, const TrapFrame& frame) {
  std::array<char, kLongest> buffer;
  Line line(buffer);
  add_frame(line, frame);
  return fmt::format("  #{} {}\n", number, std::string_view(buffer.data(), line.size()));
}

}  // namespace

std::string_view trap_text(TrapCode code) {
  switch (code) {
#define X(name, number, text) \
  case TrapCode::name:        \
    return text;
    WASMEDGE_TRAPS(X)
#undef X
  }
  return "unknown trap";
}

size_t format_trap(const TrapReport& report, std::span<char> buffer) {
  Line line(buffer);
  line.text("trap: ");
  line.text(trap_text(report.code));
  if (!report.tag.empty()) {
    line.text(" with tag $");
    line.name(report.tag);
  }
  if (report.function != TrapReport::kNoFunction) {
    line.text(" in function ");
    if (!report.function_name.empty()) {
      line.text("$");
      line.name(report.function_name);
      line.text(" (index ");
      line.number(report.function, 10);
      line.text(")");
    } else {
      line.number(report.function, 10);
    }
  }
  if (report.wasm_offset != 0) {
    line.text(" at module offset 0x");
    line.number(report.wasm_offset, 16);
  }
  return line.size();
}

std::string to_string(const TrapReport& report) {
  std::array<char, kLongest> buffer;
  return {buffer.data(), format_trap(report, buffer)};
}

std::string format_backtrace(const TrapReport& report) {
  std::string text;
  for (size_t i = 0; i < report.frames.size(); ++i) {
    const bool is_behind = report.omitted != 0 && i >= report.omitted_behind;
    if (is_behind && i == report.omitted_behind) {
      text += fmt::format("  … {} frames …\n", report.omitted);
    }
    text += format_frame(i + (is_behind ? report.omitted : 0), report.frames[i]);
  }
  return text;
}

void print_trap(int fd, const TrapReport& report) {
  std::array<char, kLongest + 1> buffer;
  size_t size = format_trap(report, std::span(buffer).first(kLongest));
  buffer[size++] = '\n';
  const std::string_view line(buffer.data(), size);
  // Nobody is left to tell if the message cannot be written.
  if (report.frames.empty()) {
    [[maybe_unused]] const ssize_t written = write(fd, line.data(), line.size());
  } else {
    const std::string text = std::string(line) + format_backtrace(report);
    [[maybe_unused]] const ssize_t written = write(fd, text.data(), text.size());
  }
}

}  // namespace wasmedge::run
