#include "shim/doctor/report.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>

#include "runtime/base/escape.h"

namespace wasmedge::doctor {
namespace {

constexpr std::array<std::string_view, 4> kLevels = {"ok", "note", "warning", "problem"};
constexpr size_t kLongest = 2000;

std::string_view name_of(Level level) {
  return kLevels[static_cast<size_t>(level)];
}

/// As log lines have it, less the quotes.
std::string harmless(std::string_view text) {
  std::string quoted;
  append_quoted(quoted, text, kLongest);
  std::string plain;
  for (size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] == '\\' && (quoted[i + 1] == '"' || quoted[i + 1] == '\\')) ++i;
    plain += quoted[i];
  }
  return plain;
}

std::string counted(size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

size_t Report::count(Level level) const {
  return static_cast<size_t>(
      std::count_if(findings_.begin(), findings_.end(),
                    [level](const Finding& finding) { return finding.level == level; }));
}

std::string text_of(const Report& report) {
  std::string out, area;
  for (const Finding& finding : report.findings()) {
    if (finding.area != area) fmt::format_to(std::back_inserter(out), "{}\n", finding.area);
    area = finding.area;
    fmt::format_to(std::back_inserter(out), "  {:<8} {}\n", name_of(finding.level),
                   harmless(finding.what));
    if (!finding.fix.empty()) {
      fmt::format_to(std::back_inserter(out), "           -> {}\n", harmless(finding.fix));
    }
  }
  fmt::format_to(std::back_inserter(out), "{}, {}\n",
                 counted(report.count(Level::kProblem), "problem"),
                 counted(report.count(Level::kWarning), "warning"));
  return out;
}

std::string json_of(const Report& report) {
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  for (const Finding& finding : report.findings()) {
    findings.push_back({{"area", finding.area},
                        {"level", name_of(finding.level)},
                        {"what", finding.what},
                        {"fix", finding.fix}});
  }
  const nlohmann::ordered_json document = {{"ok", report.count(Level::kProblem) == 0},
                                           {"findings", std::move(findings)}};
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace wasmedge::doctor
