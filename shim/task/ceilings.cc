#include "shim/task/ceilings.h"

#include <cstdlib>
#include <string>
#include <string_view>

#include "proto/options.pb.h"
#include "runtime/base/fd.h"
#include "runtime/base/limits.h"
#include "runtime/base/quote.h"

namespace wasmedge::task {
namespace {

/// An Any's type, with or without an address before it.
bool is_type(std::string_view url, std::string_view name) {
  return url == name || (url.ends_with(name) && url[url.size() - name.size() - 1] == '/');
}

Result<> add_file(std::vector<policy::Ceiling>& ceilings, const std::string& path) {
  TRY_ASSIGN(std::string text, read_file(path, kLimits.policy_bytes));
  ceilings.push_back({path, std::move(text)});
  return {};
}

Result<> add_node_policy(std::vector<policy::Ceiling>& ceilings) {
  const char* named = std::getenv("WASMEDGE_POLICY");
  if (named != nullptr && *named != '\0') return add_file(ceilings, named);
  auto added = add_file(ceilings, kNodePolicy);
  if (!added && added.error().code != ErrorCode::kNotFound) return added;
  return {};
}

}  // namespace

Result<std::vector<policy::Ceiling>> ceilings_of(const proto::Any& options) {
  std::vector<policy::Ceiling> ceilings;
  TRY(add_node_policy(ceilings));
  // runc's own options, which engines send when they take us for it, say nothing of modules.
  const std::string& type = options.type_url();
  if (type.empty() || is_type(type, "containerd.runc.v1.Options")) return ceilings;
  proto::RuntimeOptions parsed;
  if (!is_type(type, kRuntimeOptions) || !parsed.ParseFromString(options.value())) {
    return fail(ErrorCode::kInvalidArgument,
                "the runtime's options are of type {}, and can be {} only", quote(type),
                kRuntimeOptions);
  }
  if (parsed.config_path().empty() && parsed.config_body().empty()) {
    // A node that has settings and does not know that they are lost would be worse off.
    return fail(ErrorCode::kInvalidArgument,
                "the runtime's options have arrived empty: Docker, and containerd 1.6, hand on a "
                "file's name alone; put the settings into a file, and name it there as ConfigPath");
  }
  if (!parsed.config_path().empty()) TRY(add_file(ceilings, parsed.config_path()));
  if (parsed.config_body().size() > kLimits.policy_bytes) {
    return fail(ErrorCode::kResourceExhausted, "the runtime's options have {} bytes, above {}",
                parsed.config_body().size(), kLimits.policy_bytes);
  }
  if (!parsed.config_body().empty()) {
    ceilings.push_back({"runtime options", parsed.config_body()});
  }
  return ceilings;
}

}  // namespace wasmedge::task
