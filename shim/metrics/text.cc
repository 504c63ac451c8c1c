#include "shim/metrics/text.h"

#include <iterator>
#include <string_view>

namespace wasmedge::metrics {
namespace {

/// Rows of one name follow each other; the first has the help.
struct Row {
  Counter counter;
  std::string_view name;
  std::string_view labels;
  std::string_view help = {};
};
constexpr std::array kRows = {
    Row{Counter::kServers, "wasmedge_servers_total", "",
        "Servers of pods or single containers that were started."},
    Row{Counter::kCreates, "wasmedge_creates_total", "result=\"ok\"",
        "Containers that were to be created, by outcome."},
    Row{Counter::kCreateFailures, "wasmedge_creates_total", "result=\"failed\""},
    Row{Counter::kStartsOfWasm, "wasmedge_starts_total", "program=\"wasm\"",
        "Containers that were started, by the kind of their program."},
    Row{Counter::kStartsOfNative, "wasmedge_starts_total", "program=\"native\""},
    Row{Counter::kExecs, "wasmedge_execs_total", "result=\"ok\"",
        "Processes that were to be executed in containers, by outcome."},
    Row{Counter::kExecFailures, "wasmedge_execs_total", "result=\"failed\""},
    Row{Counter::kExitsSuccess, "wasmedge_exits_total", "outcome=\"success\"",
        "Containers that have ended: status 0, another, a trap of the module, a signal."},
    Row{Counter::kExitsFailure, "wasmedge_exits_total", "outcome=\"failure\""},
    Row{Counter::kExitsTrap, "wasmedge_exits_total", "outcome=\"trap\""},
    Row{Counter::kExitsSignal, "wasmedge_exits_total", "outcome=\"signal\""},
    Row{Counter::kCacheHits, "wasmedge_cache_lookups_total", "result=\"hit\"",
        "Modules that were looked for in the cache of compiled ones."},
    Row{Counter::kCacheMisses, "wasmedge_cache_lookups_total", "result=\"miss\""},
    Row{Counter::kCompiles, "wasmedge_compiles_total", "result=\"ok\"",
        "Modules that were given to the compiler, by outcome."},
    Row{Counter::kCompileFailures, "wasmedge_compiles_total", "result=\"failed\""},
};
static_assert(kRows.size() == kCounters);

constexpr std::array<std::string_view, kCodes> kCodeNames = {
    "invalid_argument",    "not_found",         "already_exists",
    "failed_precondition", "permission_denied", "resource_exhausted",
    "unimplemented",       "unavailable",       "internal",
};

struct TimingRow {
  std::string_view name;
  std::string_view help;
};
constexpr std::array<TimingRow, kTimings> kTimingRows = {{
    {"wasmedge_create_seconds", "What successful Creates took, compiling included."},
    {"wasmedge_start_seconds", "What successful Starts took."},
    {"wasmedge_compile_seconds", "What successful compilations took."},
}};

void head(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void sample(std::string& out, std::string_view name, std::string_view labels, uint64_t value) {
  out += name;
  if (!labels.empty()) out.append("{").append(labels).append("}");
  fmt::format_to(std::back_inserter(out), " {}\n", value);
}

/// Series that never counted are left out: there are many.
void failures(std::string& out, const Numbers& numbers) {
  constexpr std::string_view kName = "wasmedge_create_failures_total";
  head(out, kName, "Containers that could not be created, by phase and kind of error.", "counter");
  for (size_t phase = 0; phase < oci::kPhases; ++phase) {
    for (size_t code = 0; code < kCodes; ++code) {
      const auto which = static_cast<oci::Phase>(phase);
      const uint64_t count = numbers[place_of(which, static_cast<ErrorCode>(code))];
      if (count == 0) continue;
      sample(out, kName,
             fmt::format("phase=\"{}\",error=\"{}\"", oci::name_of(which), kCodeNames[code]),
             count);
    }
  }
}

void histogram(std::string& out, const Numbers& numbers, Timing timing) {
  const TimingRow& row = kTimingRows[static_cast<size_t>(timing)];
  head(out, row.name, row.help, "histogram");
  const size_t first = place_of(timing);
  const std::string bucket = fmt::format("{}_bucket", row.name);
  uint64_t below = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    below += numbers[first + i];
    const std::string bound = i < kBounds.size() ? fmt::format("{}", kBounds[i]) : "+Inf";
    sample(out, bucket, fmt::format("le=\"{}\"", bound), below);
  }
  fmt::format_to(std::back_inserter(out), "{0}_sum {1:.9f}\n{0}_count {2}\n", row.name,
                 static_cast<double>(numbers[first + kBuckets]) / 1e9, below);
}

}  // namespace

std::string text_of(const Numbers& numbers) {
  std::string out;
  head(out, "wasmedge_build_info", "The version of the program that tells.", "gauge");
  sample(out, "wasmedge_build_info", "version=\"" PROJECT_VERSION "\"", 1);
  std::string_view last;
  for (const Row& row : kRows) {
    if (row.name != last) head(out, row.name, row.help, "counter");
    last = row.name;
    sample(out, row.name, row.labels, numbers[place_of(row.counter)]);
  }
  failures(out, numbers);
  for (size_t i = 0; i < kTimings; ++i) histogram(out, numbers, static_cast<Timing>(i));
  return out;
}

}  // namespace wasmedge::metrics
