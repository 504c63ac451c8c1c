#include <algorithm>
#include <array>

#include "oci/rootfs.h"
#include "runtime/base/settings.h"
#include "shim/policy/settings.h"

/// The node's word: what it says in TOML, and what that takes away from a container's.
namespace wasmedge::policy {
namespace {

/// What containerd and Docker keep in the same table for themselves.
constexpr std::array kOfEngines = {std::string_view("TypeUrl"), std::string_view("ConfigPath"),
                                   std::string_view("ConfigBody"),
                                   std::string_view("SystemdCgroup")};

/// The lower of two numbers.
Result<> narrow(std::optional<wasi::Bound>& bound, const std::optional<wasi::Bound>& ceiling,
                bool of_container) {
  if (!ceiling || (bound && bound->value <= ceiling->value)) return {};
  if (bound && of_container) {
    return fail(ErrorCode::kInvalidArgument, "{}: this is more than the node allows: {}",
                bound->rule, ceiling->rule);
  }
  bound = ceiling;
  return {};
}

/// The directories that both give: of two that lie one in the other, the inner.
Result<> narrow(Policy& policy, const std::vector<Directory>& ceiling) {
  if (!policy.preopens) {
    policy.preopens = ceiling;
    return {};
  }
  std::vector<Directory> both;
  for (const Directory& mine : *policy.preopens) {
    bool covered = false;
    for (const Directory& limit : ceiling) {
      const bool inside = oci::is_beneath(mine.path, limit.path);
      if (!inside && !oci::is_beneath(limit.path, mine.path)) continue;
      if (mine.asked && inside && limit.read_only && !mine.read_only) {
        return fail(ErrorCode::kInvalidArgument, "{}: this is more than the node allows: {}",
                    mine.rule, limit.rule);
      }
      covered = covered || inside;
      Directory inner = inside ? mine : limit;
      inner.asked = mine.asked && inside;
      inner.read_only = mine.read_only || limit.read_only;
      both.push_back(std::move(inner));
    }
    if (mine.asked && !covered) {
      return fail(ErrorCode::kInvalidArgument, "{}: the node gives no module this directory{}",
                  mine.rule, ceiling.empty() ? "" : ": " + ceiling.front().rule);
    }
  }
  policy.preopens = std::move(both);
  return {};
}

}  // namespace

Result<> read_settings(const Ceiling& ceiling,
                       const std::function<Result<>(std::string_view key, std::string_view name,
                                                    std::string_view value)>& use) {
  return wasmedge::read_settings(
      ceiling.name, ceiling.text,
      [&](std::string_view key, std::string_view name, std::string_view value) -> Result<> {
        if (std::find(kOfEngines.begin(), kOfEngines.end(), key) != kOfEngines.end()) return {};
        return use(key, name, value);
      });
}

Result<> narrow(Policy& policy, Policy ceiling, bool of_container) {
  TRY(narrow(policy.memory, ceiling.memory, of_container));
  TRY(narrow(policy.fuel, ceiling.fuel, of_container));
  TRY(narrow(policy.time, ceiling.time, of_container));
  TRY(narrow(policy.threads, ceiling.threads, of_container));
  if (ceiling.preopens) TRY(narrow(policy, *ceiling.preopens));
  std::move(ceiling.network.begin(), ceiling.network.end(), std::back_inserter(policy.network));
  std::move(ceiling.environment.begin(), ceiling.environment.end(),
            std::back_inserter(policy.environment));
  if (ceiling.native > policy.native) {
    policy.native = ceiling.native;
    policy.native_rule = ceiling.native_rule;
  }
  return {};
}

}  // namespace wasmedge::policy
