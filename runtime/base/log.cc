#include "runtime/base/log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <vector>

#include "runtime/base/escape.h"

namespace wasmedge::log {
namespace {

struct OwnedField {
  std::string key, value;
};
struct Sink {
  int fd = STDERR_FILENO;
  Level least = Level::kInfo;
  std::vector<OwnedField> standing = {{"runtime", "io.containerd.wasmedge.v1"}};
};
Sink& sink() {
  static Sink the_sink;
  return the_sink;
}

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};

/// A line within PIPE_BUF goes into a pipe whole or not at all.
constexpr size_t kMostMessage = 3000;
constexpr size_t kMostValue = 150;

/// Values of these alone stand without quotes, as containerd's have it.
bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._/@^+").find(c) != std::string_view::npos;
  });
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

void configure(int fd, Level least, std::span<const Field> standing) {
  sink() = {.fd = fd, .least = least};
  for (const Field& field : standing) {
    sink().standing.push_back({std::string(field.key), std::string(field.value)});
  }
}

bool enabled(Level level) {
  return level >= sink().least;
}

void write(Level level, std::string_view message, std::span<const Field> fields) {
  std::vector<Field> all(fields.begin(), fields.end());
  for (const OwnedField& field : sink().standing) all.push_back({field.key, field.value});
  std::sort(all.begin(), all.end(), [](const Field& a, const Field& b) { return a.key < b.key; });
  std::string line =
      fmt::format("time=\"{}\" level={} msg=", timestamp(), kNames[static_cast<size_t>(level)]);
  append_quoted(line, message, kMostMessage);
  for (const Field& field : all) {
    line.append(" ").append(field.key).append("=");
    if (is_plain(field.value) && field.value.size() <= kMostValue) {
      line += field.value;
    } else {
      append_quoted(line, field.value, kMostValue);
    }
  }
  line += '\n';
  // A log that cannot be written has nowhere to be reported.
  [[maybe_unused]] const ssize_t written = ::write(sink().fd, line.data(), line.size());
}

}  // namespace wasmedge::log
