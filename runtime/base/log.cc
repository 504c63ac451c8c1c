#include "runtime/base/log.h"

#include <unistd.h>

#include <array>
#include <ctime>
#include <string>

namespace wasmedge::log {
namespace {

struct Sink {
  int fd = STDERR_FILENO;
  Level least = Level::kInfo;
};
Sink sink;

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};

void append_escaped(std::string& line, std::string_view text) {
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      line += c;
    }
  }
}

std::string timestamp() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  ::gmtime_r(&now.tv_sec, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec);
}

}  // namespace

void configure(int fd, Level least) {
  sink = {fd, least};
}

bool enabled(Level level) {
  return level >= sink.least;
}

void write(Level level, std::string_view message) {
  if (!enabled(level)) return;
  std::string line =
      fmt::format("time=\"{}\" level={} msg=\"", timestamp(), kNames[static_cast<size_t>(level)]);
  append_escaped(line, message);
  line += "\" runtime=io.containerd.wasmedge.v1\n";
  // A log that cannot be written has nowhere to be reported.
  [[maybe_unused]] const ssize_t written = ::write(sink.fd, line.data(), line.size());
}

}  // namespace wasmedge::log
