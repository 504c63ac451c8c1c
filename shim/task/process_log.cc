#include "shim/task/process_log.h"

#include <array>
#include <span>

#include "runtime/base/quote.h"

namespace wasmedge::task {

void ProcessLog::put(log::Level level, oci::Phase phase, std::string_view message) const {
  const std::array<log::Field, 3> fields = {
      {{"id", id_}, {"phase", oci::name_of(phase)}, {"exec_id", exec_id_}}};
  log::write(level, message, std::span(fields).first(exec_id_.empty() ? 2 : 3));
}

Result<std::optional<log::Level>> log_level_of(
    const std::map<std::string, std::string>& annotations) {
  const auto found = annotations.find(kLogAnnotation);
  if (found == annotations.end()) return std::nullopt;
  struct Name {
    std::string_view text;
    log::Level level;
  };
  constexpr std::array kLevels = {
      Name{"debug", log::Level::kDebug}, Name{"info", log::Level::kInfo},
      Name{"warning", log::Level::kWarning}, Name{"error", log::Level::kError}};
  for (const Name& each : kLevels) {
    if (each.text == found->second) return each.level;
  }
  return fail(ErrorCode::kInvalidArgument,
              "annotation {}: {} is none of debug, info, warning, error", kLogAnnotation,
              quote(found->second));
}

}  // namespace wasmedge::task
