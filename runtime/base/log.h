#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace wasmedge::log {

enum class Level { kDebug, kInfo, kWarning, kError };

/// Where log lines go (default: stderr, info) in containerd's text format:
/// `time="…" level=info msg="…" runtime=io.containerd.wasmedge.v1`. The fd stays the caller's.
void configure(int fd, Level least);

/// One line, one write(2); control bytes and quotes are escaped, so that guest text cannot forge a
/// line.
void write(Level level, std::string_view message);
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
  write(Level::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace wasmedge::log
