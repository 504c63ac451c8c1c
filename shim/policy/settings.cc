#include "shim/policy/settings.h"

#include <algorithm>
#include <array>

#include "oci/mounts.h"
#include "oci/rootfs.h"
#include "runtime/base/scan.h"
#include "runtime/base/settings.h"

namespace wasmedge::policy {
namespace {

constexpr uint64_t kPage = 65536;

constexpr std::array kTimes = {Unit{"ms", 1'000'000}, Unit{"s", 1'000'000'000},
                               Unit{"min", 60'000'000'000}, Unit{"h", 3'600'000'000'000}};

/// A whole number, with one of `units` behind it; without one it counts `plain`.
Result<wasi::Bound> read_bound(std::string_view name, std::string_view text,
                               std::span<const Unit> units, uint64_t plain,
                               std::string_view expected) {
  TRY_ASSIGN(const uint64_t value, parse_quantity(name, text, units, plain, expected));
  return wasi::Bound{value, fmt::format("{}={}", name, text)};
}

Result<> set_memory(Policy& policy, std::string_view name, std::string_view text) {
  TRY_ASSIGN(policy.memory, read_bound(name, text, kSizeUnits, 1,
                                       "a number of bytes, or of KiB, MiB or GiB, such as 64MiB"));
  if (policy.memory->value >= kPage) return {};
  return Scanner(name, text)
      .fail_at(0, "at least 64KiB: linear memory comes in pages of that size");
}

Result<> set_time(Policy& policy, std::string_view name, std::string_view text) {
  TRY_ASSIGN(policy.time, read_bound(name, text, kTimes, kTimes[1].value,
                                     "seconds, or a number with ms, s, min or h, such as 90s"));
  if (policy.time->value > 0) return {};
  return Scanner(name, text).fail_at(0, "more than no time");
}

Result<> set_fuel(Policy& policy, std::string_view name, std::string_view text) {
  TRY_ASSIGN(policy.fuel, read_bound(name, text, {}, 1, "a number of instructions"));
  return {};
}

Result<> set_threads(Policy& policy, std::string_view name, std::string_view text) {
  TRY_ASSIGN(policy.threads,
             read_bound(name, text, {}, 1, "a number of threads beside the first, such as 0"));
  return {};
}

Result<> set_network(Policy& policy, std::string_view name, std::string_view text) {
  TRY_ASSIGN(auto rule, wasi::parse_network_rule(name, text));
  policy.network.push_back(std::move(rule));
  return {};
}

Result<> set_native(Policy& policy, std::string_view name, std::string_view text) {
  constexpr std::array kNames = {std::string_view("allow"), std::string_view("sandbox"),
                                 std::string_view("deny")};
  const auto* const found = std::find(kNames.begin(), kNames.end(), text);
  if (found == kNames.end()) {
    return Scanner(name, text).fail_here("allow, sandbox (a pod's own container alone) or deny");
  }
  policy.native = static_cast<Native>(found - kNames.begin());
  policy.native_rule = fmt::format("{}={}", name, text);
  return {};
}

Result<> set_trace(Policy& policy, std::string_view name, std::string_view text) {
  if (text != "stderr") {
    return Scanner(name, text).fail_here("stderr, where each WASI call is then told");
  }
  policy.trace = true;
  return {};
}

bool is_name_character(char c) {
  return c > ' ' && c != ',' && c != '=' && c != '*' && c != 0x7f;
}

Result<> set_environment(Policy& policy, std::string_view name, std::string_view text) {
  Names names{{}, fmt::format("{}={}", name, text)};
  Scanner scanner(name, text);
  constexpr std::string_view kExpected = "a variable's name, such as LANG or APP_*";
  while (text != "none") {
    const size_t start = scanner.position();
    const std::string_view pattern = scanner.take_until(",");
    const std::string_view stem = pattern.substr(0, pattern.find('*'));
    const auto bad = std::find_if_not(stem.begin(), stem.end(), is_name_character);
    if (bad != stem.end() || pattern.empty() || stem.size() + 1 < pattern.size()) {
      const size_t at = bad != stem.end() ? static_cast<size_t>(bad - stem.begin())
                        : pattern.empty() ? 0
                                          : stem.size() + 1;
      return scanner.fail_at(start + at, pattern.empty() && text.empty()
                                             ? "names of variables, such as LANG,APP_*, or none"
                                         : bad == stem.end() && !pattern.empty()
                                             ? "\",\" or the end: * stands at a name's end"
                                             : kExpected);
    }
    names.patterns.emplace_back(pattern);
    if (!scanner.take(",")) break;
  }
  policy.environment.push_back(std::move(names));
  return {};
}

Result<Directory> read_directory(Scanner& scanner, std::string_view name) {
  const size_t start = scanner.position();
  const std::string_view path = scanner.take_until(":,");
  const std::string clean = oci::clean_path(path);
  if (!path.starts_with('/')) {
    return scanner.fail_at(start, "an absolute path in the container, such as /data:ro");
  }
  if (path.find('\0') != std::string_view::npos) {
    return scanner.fail_at(start, "a path without NUL bytes");
  }
  if (clean != path) return scanner.fail_at(start, fmt::format("a plain path: {}", clean));
  if (oci::is_kernel_path(path)) {
    return scanner.fail_at(start, "another path: modules get nothing of /proc, /sys and /dev");
  }
  Directory directory{clean, scanner.take(":ro"), fmt::format("{}: {}", name, clean), false};
  if (!directory.read_only && !scanner.take(":rw")) return scanner.fail_here(":ro or :rw");
  directory.rule += directory.read_only ? ":ro" : ":rw";
  return directory;
}

Result<> set_preopens(Policy& policy, std::string_view name, std::string_view text,
                      bool annotation) {
  std::vector<Directory>& directories = policy.preopens.emplace();
  if (text == "none") return {};
  Scanner scanner(name, text);
  do {
    const size_t start = scanner.position();
    TRY_ASSIGN(Directory directory, read_directory(scanner, name));
    directory.asked = annotation;
    for (const Directory& other : directories) {
      if (other.path == directory.path) return scanner.fail_at(start, "each path once");
      const bool inside = oci::is_beneath(directory.path, other.path);
      const Directory& inner = inside ? directory : other;
      const Directory& outer = inside ? other : directory;
      if (inner.read_only && !outer.read_only && oci::is_beneath(inner.path, outer.path)) {
        return scanner.fail_at(
            start, fmt::format("another path: {} is in {}, through which it can be written to",
                               inner.path, outer.path));
      }
    }
    directories.push_back(std::move(directory));
  } while (scanner.take(","));
  if (!scanner.done()) return scanner.fail_here("\",\" and another path, or the end");
  return {};
}

using Setter = Result<> (*)(Policy&, std::string_view, std::string_view);
struct Known {
  std::string_view key;
  Setter set;
};
constexpr std::array kKnown = {
    Known{"environment", set_environment}, Known{"fuel", set_fuel},
    Known{"memory", set_memory},           Known{"network", set_network},
    Known{"threads", set_threads},         Known{"time", set_time},
};

}  // namespace

std::string known_settings(bool annotation) {
  std::string names = "preopens";
  for (const Known& known : kKnown) names.append(", ").append(known.key);
  return names + (annotation ? ", trace" : ", native");
}

Result<> set(Policy& policy, std::string_view key, std::string_view name, std::string_view text,
             bool annotation) {
  if (key == "preopens") return set_preopens(policy, name, text, annotation);
  if (key == "native" && !annotation) return set_native(policy, name, text);
  if (key == "trace" && annotation) return set_trace(policy, name, text);
  for (const Known& known : kKnown) {
    if (known.key == key) return known.set(policy, name, text);
  }
  return fail(ErrorCode::kInvalidArgument, "{}: there is no such setting; there are: {}", name,
              known_settings(annotation));
}

std::string show_bytes(uint64_t bytes) {
  for (auto unit = kSizeUnits.rbegin(); unit != kSizeUnits.rend(); ++unit) {
    if (bytes % unit->value == 0) return fmt::format("{} {}", bytes / unit->value, unit->name);
  }
  return fmt::format("{} bytes", bytes);
}

std::string show_time(uint64_t nanoseconds) {
  for (auto unit = kTimes.rbegin(); unit != kTimes.rend(); ++unit) {
    if (nanoseconds % unit->value == 0) {
      return fmt::format("{} {}", nanoseconds / unit->value, unit->name);
    }
  }
  return fmt::format("{} ns", nanoseconds);
}

}  // namespace wasmedge::policy
