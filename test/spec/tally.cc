#include "test/spec/tally.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

namespace wasmedge::spec {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Gap, assertions, modules, scripts, reason)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Tally, assertions, modules, compiled, from_cache, text,
                                   superseded, gaps, failures)

void Tally::add(const Tally& other) {
  assertions += other.assertions;
  modules += other.modules;
  compiled += other.compiled;
  from_cache += other.from_cache;
  text += other.text;
  superseded += other.superseded;
  failures.insert(failures.end(), other.failures.begin(), other.failures.end());
  for (const auto& [feature, gap] : other.gaps) {
    Gap& mine = gaps[feature];
    mine.assertions += gap.assertions;
    mine.modules += gap.modules;
    if (mine.reason.empty()) mine.reason = gap.reason;
    for (const auto& [script, count] : gap.scripts) mine.scripts[script] += count;
  }
}

std::string to_json(const Tally& tally) {
  // A guest's bytes may stand in a message: what is no UTF-8 is replaced.
  return nlohmann::json(tally).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Tally tally_from_json(const std::string& text) {
  return nlohmann::json::parse(text).get<Tally>();
}

std::string summary(const Tally& tally, size_t scripts, bool verbose) {
  std::string text;
  const auto line = std::back_inserter(text);
  for (const std::string& failure : tally.failures) fmt::format_to(line, "FAILED {}\n", failure);
  uint64_t missing = 0;
  for (const auto& [feature, gap] : tally.gaps) missing += gap.assertions;
  fmt::format_to(line, "{} scripts\n", scripts);
  fmt::format_to(line, "{:7} assertions passed, with {} modules instantiated\n", tally.assertions,
                 tally.modules);
  fmt::format_to(line, "{:7} modules from the cache, {} compiled\n", tally.from_cache,
                 tally.compiled);
  fmt::format_to(line, "{:7} failed\n", tally.failures.size());
  fmt::format_to(line, "{:7} about the text format, which is not read\n", tally.text);
  fmt::format_to(line, "{:7} superseded: an older Wasm refused what a supported feature allows\n",
                 tally.superseded);
  fmt::format_to(line, "{:7} not covered, for want of a feature:\n", missing);
  for (const auto& [feature, gap] : tally.gaps) {
    fmt::format_to(line, "        {:22} {:6} assertions, {:4} modules, {:3} scripts\n", feature,
                   gap.assertions, gap.modules, gap.scripts.size());
    if (!verbose) continue;
    fmt::format_to(line, "          first: {}\n", gap.reason);
    for (const auto& [script, count] : gap.scripts) {
      fmt::format_to(line, "          {:6} {}\n", count, script);
    }
  }
  return text;
}

}  // namespace wasmedge::spec
