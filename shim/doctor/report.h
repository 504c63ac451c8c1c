#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace wasmedge::doctor {

enum class Level {
  kOk,
  kNote,     // good to know; nothing has to be done
  kWarning,  // something works worse than it could
  kProblem,  // containers will not run
};

struct Finding {
  std::string area;  // "kernel", "containerd"
  Level level = Level::kOk;
  std::string what;
  std::string fix;  // what to do; empty where nothing is to be done
};

/// What was found, in the order of the checks.
class Report {
 public:
  /// The area of the findings that follow.
  void about(std::string_view area) { area_ = area; }

  template <typename... Args>
  void ok(fmt::format_string<Args...> format, Args&&... args) {
    add(Level::kOk, fmt::format(format, std::forward<Args>(args)...), {});
  }
  void note(std::string what, std::string fix = {}) { add(Level::kNote, what, fix); }
  void warning(std::string what, std::string fix) { add(Level::kWarning, what, fix); }
  void problem(std::string what, std::string fix) { add(Level::kProblem, what, fix); }

  const std::vector<Finding>& findings() const { return findings_; }
  size_t count(Level level) const;

 private:
  void add(Level level, std::string what, std::string fix) {
    findings_.push_back({area_, level, std::move(what), std::move(fix)});
  }

  std::string area_;
  std::vector<Finding> findings_;
};

/// For people: findings by area, each with its fix, and how many problems and warnings there are.
/// Control characters of what was read on the node are escaped.
std::string text_of(const Report& report);

/// {"ok": bool, "findings": [{"area", "level", "what", "fix"}]}; ok: no problem.
std::string json_of(const Report& report);

}  // namespace wasmedge::doctor
