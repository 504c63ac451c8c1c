#include "shim/policy/policy.h"

#include <algorithm>

#include "oci/text.h"
#include "shim/policy/settings.h"

namespace wasmedge::policy {
namespace {

bool fits(std::string_view name, std::string_view pattern) {
  if (!pattern.ends_with('*')) return name == pattern;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

Result<Policy> read_ceiling(const Ceiling& ceiling) {
  Policy policy;
  TRY(read_settings(ceiling,
                    [&](std::string_view key, std::string_view name, std::string_view value) {
                      return set(policy, key, name, value, false);
                    }));
  return policy;
}

}  // namespace

bool Policy::narrows() const {
  return preopens || !network.empty() || !environment.empty() || memory || fuel || time || threads;
}

bool Policy::passes(std::string_view variable) const {
  const std::string_view name = variable.substr(0, variable.find('='));
  return std::all_of(environment.begin(), environment.end(), [&](const Names& names) {
    return std::any_of(names.patterns.begin(), names.patterns.end(),
                       [&](const std::string& pattern) { return fits(name, pattern); });
  });
}

std::string encode(const std::vector<Ceiling>& ceilings) {
  std::string text;
  for (const Ceiling& ceiling : ceilings) {
    text.append(ceiling.name).push_back('\0');
    text.append(ceiling.text).push_back('\0');
  }
  return text;
}

std::vector<Ceiling> decode_ceilings(std::string_view text) {
  std::vector<Ceiling> ceilings;
  const auto parts = oci::split(text, '\0');
  for (size_t i = 0; i + 1 < parts.size(); i += 2) {
    ceilings.push_back({std::string(parts[i]), std::string(parts[i + 1])});
  }
  return ceilings;
}

Result<Policy> policy_of(const std::map<std::string, std::string>& annotations,
                         const std::vector<Ceiling>& ceilings) {
  Policy policy;
  for (auto each = annotations.lower_bound(std::string(kPrefix));
       each != annotations.end() && each->first.starts_with(kPrefix); ++each) {
    const std::string name = "annotation " + each->first;
    if (policy.first_annotation.empty()) policy.first_annotation = name;
    TRY(set(policy, std::string_view(each->first).substr(kPrefix.size()), name, each->second,
            true));
  }
  Policy limits;
  for (const Ceiling& ceiling : ceilings) {
    TRY_ASSIGN(Policy more, read_ceiling(ceiling));
    TRY(narrow(limits, std::move(more), false));
  }
  TRY(narrow(policy, std::move(limits), true));
  return policy;
}

Result<> check_native(const Policy& policy, const std::map<std::string, std::string>& annotations) {
  if (!policy.first_annotation.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: the container's program is native, and only a WebAssembly module can be held "
                "to this; remove the annotation, or run it under another runtime",
                policy.first_annotation);
  }
  const auto type = annotations.find("io.kubernetes.cri.container-type");
  const bool sandbox = type != annotations.end() && type->second == "sandbox";
  if (policy.native == Native::kAllow || (policy.native == Native::kSandbox && sandbox)) return {};
  return fail(ErrorCode::kPermissionDenied,
              "the container's program is native, and this node runs WebAssembly modules only: {}",
              policy.native_rule);
}

}  // namespace wasmedge::policy
