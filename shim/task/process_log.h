#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "oci/phase.h"
#include "runtime/base/log.h"
#include "runtime/base/result.h"

namespace wasmedge::task {

/// The log's lines about one process: each says whose it is (id, exec_id) and in which phase.
class ProcessLog {
 public:
  ProcessLog(std::string id, std::string exec_id)
      : id_(std::move(id)), exec_id_(std::move(exec_id)) {}

  /// This level, instead of the server's own.
  void set_level(log::Level least) { least_ = least; }
  std::optional<log::Level> level() const { return least_; }
  bool enabled(log::Level level) const { return least_ ? level >= *least_ : log::enabled(level); }

  template <typename... Args>
  void debug(oci::Phase phase, fmt::format_string<Args...> format, Args&&... args) const {
    write(log::Level::kDebug, phase, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void info(oci::Phase phase, fmt::format_string<Args...> format, Args&&... args) const {
    write(log::Level::kInfo, phase, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void warning(oci::Phase phase, fmt::format_string<Args...> format, Args&&... args) const {
    write(log::Level::kWarning, phase, format, std::forward<Args>(args)...);
  }
  template <typename... Args>
  void error(oci::Phase phase, fmt::format_string<Args...> format, Args&&... args) const {
    write(log::Level::kError, phase, format, std::forward<Args>(args)...);
  }

 private:
  template <typename... Args>
  void write(log::Level level, oci::Phase phase, fmt::format_string<Args...> format,
             Args&&... args) const {
    if (enabled(level)) put(level, phase, fmt::format(format, std::forward<Args>(args)...));
  }
  void put(log::Level level, oci::Phase phase, std::string_view message) const;

  std::string id_, exec_id_;
  std::optional<log::Level> least_;
};

/// The annotation by which whoever creates a container chooses its level: debug, info, warning or
/// error. An image cannot: engines put neither its labels nor its environment into annotations.
inline constexpr char kLogAnnotation[] = "io.wasmedge.log";

/// Nothing if the annotation is not there; kInvalidArgument for another value.
Result<std::optional<log::Level>> log_level_of(
    const std::map<std::string, std::string>& annotations);

}  // namespace wasmedge::task
