#include "shim/metrics/text.h"

#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace wasmedge::metrics {
namespace {

using std::chrono::milliseconds;

/// A strict reader of the text format: every line is HELP, TYPE or a sample of the family before
/// it, no family comes twice, no series comes twice.
std::map<std::string, double> parse(const std::string& text) {
  static const std::regex kHelp(R"(# HELP ([a-z_]+) \S.*\.)");
  static const std::regex kType(R"(# TYPE ([a-z_]+) (counter|gauge|histogram))");
  static const std::regex kSample(
      R"(([a-z_]+)(\{[a-z_]+="[^"\\]*"(,[a-z_]+="[^"\\]*")*\})? ([0-9.]+))");
  std::map<std::string, double> series;
  std::set<std::string> families;
  std::string family, type, help;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, kHelp)) {
      help = match[1];
      EXPECT_TRUE(families.insert(help).second) << help << " comes twice";
    } else if (std::regex_match(line, match, kType)) {
      family = match[1];
      type = match[2];
      EXPECT_EQ(family, help);
    } else if (std::regex_match(line, match, kSample)) {
      std::string name = match[1];
      if (type == "histogram")
        name = std::regex_replace(name, std::regex("_(bucket|sum|count)$"), "");
      EXPECT_EQ(name, family) << line;
      if (type == "counter") {
        EXPECT_TRUE(name.ends_with("_total")) << name;
      }
      const std::string key = match[1].str() + match[2].str();
      EXPECT_TRUE(series.emplace(key, std::stod(match[4])).second) << key << " comes twice";
    } else {
      ADD_FAILURE() << "not understood: " << line;
    }
  }
  EXPECT_TRUE(text.ends_with("\n"));
  return series;
}

Numbers numbers_of(const Tally& tally) {
  Numbers numbers{};
  for (const auto& [place, amount] : tally.additions()) numbers[place] += amount;
  return numbers;
}

TEST(Text, TellsOfNothingAsZero) {
  const auto series = parse(text_of({}));
  EXPECT_EQ(series.at("wasmedge_creates_total{result=\"failed\"}"), 0);
  EXPECT_EQ(series.at("wasmedge_start_seconds_count"), 0);
  EXPECT_EQ(series.at("wasmedge_build_info{version=\"" PROJECT_VERSION "\"}"), 1);
}

TEST(Text, EachCounterHasItsSeries) {
  Tally tally;
  for (size_t i = 0; i < kCounters; ++i) {
    for (size_t times = 0; times <= i; ++times) tally.count(static_cast<Counter>(i));
  }
  const auto series = parse(text_of(numbers_of(tally)));
  std::set<double> values;
  for (const auto& [name, value] : series) {
    if (name.find("_total") != std::string::npos) values.insert(value);
  }
  EXPECT_EQ(values.size(), kCounters);
  EXPECT_EQ(series.at("wasmedge_servers_total"), 1);
  EXPECT_EQ(series.at("wasmedge_compiles_total{result=\"failed\"}"), kCounters);
}

TEST(Text, FailuresHavePhaseAndKind) {
  Tally tally;
  tally.failed(oci::in(oci::Phase::kMount, Error{ErrorCode::kNotFound, "no"}));
  tally.failed(oci::in(oci::Phase::kMount, Error{ErrorCode::kNotFound, "no"}));
  tally.failed(oci::in(oci::Phase::kDelete, Error{ErrorCode::kInternal, "no"}));  // the last place
  const auto series = parse(text_of(numbers_of(tally)));
  EXPECT_EQ(series.at(R"(wasmedge_create_failures_total{phase="mount",error="not_found"})"), 2);
  EXPECT_EQ(series.at(R"(wasmedge_create_failures_total{phase="delete",error="internal"})"), 1);
  EXPECT_EQ(series.at("wasmedge_create_seconds_count"), 0);
}

TEST(Text, HistogramsGrowWithTheBound) {
  Tally tally;
  tally.took(Timing::kCompile, milliseconds(3));
  tally.took(Timing::kCompile, milliseconds(700));
  tally.took(Timing::kCompile, milliseconds(400'000));
  const auto series = parse(text_of(numbers_of(tally)));
  EXPECT_EQ(series.at("wasmedge_compile_seconds_bucket{le=\"0.0025\"}"), 0);
  EXPECT_EQ(series.at("wasmedge_compile_seconds_bucket{le=\"0.005\"}"), 1);
  EXPECT_EQ(series.at("wasmedge_compile_seconds_bucket{le=\"1\"}"), 2);
  EXPECT_EQ(series.at("wasmedge_compile_seconds_bucket{le=\"300\"}"), 2);
  const std::string text = text_of(numbers_of(tally));
  EXPECT_NE(text.find("wasmedge_compile_seconds_bucket{le=\"+Inf\"} 3\n"), std::string::npos);
  EXPECT_DOUBLE_EQ(series.at("wasmedge_compile_seconds_sum"), 400.703);
  EXPECT_EQ(series.at("wasmedge_compile_seconds_count"), 3);
}

}  // namespace
}  // namespace wasmedge::metrics
