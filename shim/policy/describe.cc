#include <algorithm>

#include "shim/policy/given.h"
#include "shim/policy/settings.h"

namespace wasmedge::policy {
namespace {

using Show = std::string (*)(uint64_t);

std::string number(uint64_t value) {
  return std::to_string(value);
}

std::string bound(const std::optional<wasi::Bound>& limit, Show show) {
  return limit ? show(limit->value) : "unlimited";
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

std::string network(const Policy& policy) {
  std::vector<std::string> texts;
  for (const wasi::NetworkRule& rule : policy.network) {
    if (rule.mode != wasi::NetworkRule::Mode::kAll) texts.push_back(rule.text);
  }
  return texts.empty() ? "all" : join(texts, " and ");
}

std::string environment(const Policy& policy) {
  std::vector<std::string> texts;
  texts.reserve(policy.environment.size());
  for (const Names& names : policy.environment) {
    texts.push_back(names.patterns.empty() ? "none" : join(names.patterns, ","));
  }
  return texts.empty() ? "all" : join(texts, " and ");
}

/// Every rule that takes something away, as it was written.
std::vector<std::string> rules(const Policy& policy) {
  std::vector<std::string> found;
  for (const Directory& each : policy.preopens.value_or(std::vector<Directory>())) {
    found.push_back(each.rule);
  }
  for (const wasi::NetworkRule& rule : policy.network) {
    found.push_back(fmt::format("{}={}", rule.name, rule.text));
  }
  for (const Names& names : policy.environment) found.push_back(names.rule);
  for (const auto* limit : {&policy.memory, &policy.fuel, &policy.time, &policy.threads}) {
    if (*limit) found.push_back((*limit)->rule);
  }
  return found;
}

std::string line(std::string_view what, std::string_view value, std::string_view why) {
  return fmt::format("  {:<12} {:<32} {}\n", what, value, why);
}

std::string limit_line(std::string_view what, const std::optional<wasi::Bound>& limit, Show show,
                       std::string_view without) {
  return line(what, bound(limit, show), limit ? std::string_view(limit->rule) : without);
}

std::string explain_environment(const oci::Spec& spec, const Policy& policy) {
  std::string text;
  for (const std::string& variable : spec.process.env) {
    const std::string name = variable.substr(0, variable.find('='));
    if (policy.passes(variable)) {
      text += line("", name, "config.json: process.env");
      continue;
    }
    const auto rule =
        std::find_if(policy.environment.begin(), policy.environment.end(), [&](const Names& names) {
          Policy alone;
          alone.environment = {names};
          return !alone.passes(variable);
        });
    text += line("", name + ": withheld", rule->rule);
  }
  return text;
}

std::string explain_network(const Policy& policy) {
  std::string text = line("network", network(policy),
                          policy.network.empty() ? "whatever its network namespace allows" : "");
  for (const wasi::NetworkRule& rule : policy.network) text += line("", rule.text, rule.name);
  return text;
}

}  // namespace

std::string describe(const Policy& policy, const std::vector<Given>& directories) {
  std::vector<std::string> given;
  given.reserve(directories.size());
  for (const Given& each : directories) {
    given.push_back(fmt::format("{}:{}", each.guest_path, each.read_only ? "ro" : "rw"));
  }
  const std::vector<std::string> why = rules(policy);
  return fmt::format(
      "preopens={} network={} environment={} memory={} fuel={} time={} threads={}; {}",
      given.empty() ? "none" : join(given, ","), network(policy), environment(policy),
      bound(policy.memory, show_bytes), bound(policy.fuel, number), bound(policy.time, show_time),
      bound(policy.threads, number),
      why.empty() ? "by config.json alone" : "by " + join(why, "; "));
}

Result<std::string> explain(const oci::Spec& spec, const std::vector<Ceiling>& ceilings) {
  TRY_ASSIGN(const Policy policy, policy_of(spec.annotations, ceilings));
  TRY_ASSIGN(const std::vector<Given> directories, given_directories(spec, policy));
  std::string text = "What a WebAssembly module sees and may do, and by which rule:\n";
  for (const Given& given : directories) {
    text += line(&given == &directories.front() ? "directories" : "",
                 fmt::format("{} {}", given.guest_path, given.read_only ? "ro" : "rw"), given.why);
  }
  if (directories.empty()) text += line("directories", "none", "");
  text += line("", "/proc, /sys, /dev: none", "never given to a module");
  text += explain_network(policy);
  text += line("environment", environment(policy), "");
  text += explain_environment(spec, policy);
  text += limit_line("memory", policy.memory, show_bytes, "as far as its cgroup lets it");
  text += limit_line("fuel", policy.fuel, number, "no rule");
  text += limit_line("time", policy.time, show_time, "no rule");
  text += limit_line("threads", policy.threads, number, "as far as its cgroup lets it");
  if (policy.trace) text += line("trace", "stderr", "an annotation; takes nothing away");
  constexpr std::string_view kNative[] = {"allowed", "a pod's sandbox alone", "refused"};
  text += line("native", kNative[static_cast<size_t>(policy.native)],
               policy.native_rule.empty() ? "a program of another kind, contained as under runc"
                                          : std::string_view(policy.native_rule));
  return text;
}

}  // namespace wasmedge::policy
