#pragma once

#include <fmt/format.h>

#include <span>
#include <string_view>
#include <utility>

namespace wasmedge::log {

enum class Level { kDebug, kInfo, kWarning, kError };

/// What a line says beside its message. The key is a plain word of ours, the value any text.
struct Field {
  std::string_view key;
  std::string_view value;
};

/// Where log lines go (default: stderr, info), in the text format of containerd and its shims:
/// `time="…" level=info msg="…" id=web namespace=default phase=create runtime=io.containerd…`, the
/// fields sorted. `standing` fields are on each line. The fd stays the caller's.
void configure(int fd, Level least, std::span<const Field> standing = {});

/// One line, one write(2), whatever the least level is. Values are quoted, and all in them that is
/// not printable text is escaped, so that nobody's text can forge a line or a field, or reach a
/// terminal.
void write(Level level, std::string_view message, std::span<const Field> fields = {});
bool enabled(Level level);

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kDebug))
    write(Level::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kInfo)) write(Level::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kWarning))
    write(Level::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace wasmedge::log
