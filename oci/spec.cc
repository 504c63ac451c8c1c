#include "oci/spec.h"

#include <sys/resource.h>

#include <array>

#include "oci/json_fields.h"
#include "oci/spec_linux.h"
#include "oci/spec_names.h"

namespace wasmedge::oci {
namespace {

using json::Object;

struct NamedResource {
  std::string_view name;
  int resource;
};
constexpr std::array kRlimits = {
    NamedResource{"RLIMIT_AS", RLIMIT_AS},
    NamedResource{"RLIMIT_CORE", RLIMIT_CORE},
    NamedResource{"RLIMIT_CPU", RLIMIT_CPU},
    NamedResource{"RLIMIT_DATA", RLIMIT_DATA},
    NamedResource{"RLIMIT_FSIZE", RLIMIT_FSIZE},
    NamedResource{"RLIMIT_LOCKS", RLIMIT_LOCKS},
    NamedResource{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    NamedResource{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    NamedResource{"RLIMIT_NICE", RLIMIT_NICE},
    NamedResource{"RLIMIT_NOFILE", RLIMIT_NOFILE},
    NamedResource{"RLIMIT_NPROC", RLIMIT_NPROC},
    NamedResource{"RLIMIT_RSS", RLIMIT_RSS},
    NamedResource{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    NamedResource{"RLIMIT_RTTIME", RLIMIT_RTTIME},
    NamedResource{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    NamedResource{"RLIMIT_STACK", RLIMIT_STACK},
};

struct NamedHooks {
  std::string_view name;
  std::vector<Hook> Hooks::* hooks;
};
constexpr std::array kHooks = {
    NamedHooks{"prestart", &Hooks::prestart},
    NamedHooks{"createRuntime", &Hooks::create_runtime},
    NamedHooks{"createContainer", &Hooks::create_container},
    NamedHooks{"startContainer", &Hooks::start_container},
    NamedHooks{"poststart", &Hooks::poststart},
    NamedHooks{"poststop", &Hooks::poststop},
};

}  // namespace

void read_fields(Object& object, User& user) {
  object.optional("uid", user.uid);
  object.optional("gid", user.gid);
  object.optional("additionalGids", user.additional_gids);
  object.optional("umask", user.umask);
  if (user.umask && *user.umask > 0777) object.complain("umask", "is above 0777");
}

void read_fields(Object& object, Capabilities& capabilities) {
  object.optional("bounding", capabilities.bounding);
  object.optional("effective", capabilities.effective);
  object.optional("inheritable", capabilities.inheritable);
  object.optional("permitted", capabilities.permitted);
  object.optional("ambient", capabilities.ambient);
}

void read_fields(Object& object, Rlimit& limit) {
  std::string type;
  object.required("type", type);
  object.required("soft", limit.soft);
  object.required("hard", limit.hard);
  for (const NamedResource& known : kRlimits) {
    if (known.name == type) return static_cast<void>(limit.resource = known.resource);
  }
  object.complain("type", fmt::format("\"{}\" is no resource limit", type));
}

void read_fields(Object& object, ConsoleSize& size) {
  object.required("height", size.height);
  object.required("width", size.width);
}

void read_fields(Object& object, Process& process) {
  object.optional("terminal", process.terminal);
  object.optional("consoleSize", process.console_size);
  object.optional("user", process.user);
  object.optional("args", process.args);  // an artifact knows its own
  object.optional("env", process.env);
  object.required("cwd", process.cwd);
  object.optional("capabilities", process.capabilities);
  object.optional("rlimits", process.rlimits);
  object.optional("noNewPrivileges", process.no_new_privileges);
  object.optional("apparmorProfile", process.apparmor_profile);
  object.optional("selinuxLabel", process.selinux_label);
  object.optional("oomScoreAdj", process.oom_score_adj);
  if (object.failed()) return;
  if (!process.args.empty() && process.args[0].empty()) {
    object.complain("args[0]", "is empty: it must name a program");
  }
  if (!process.cwd.starts_with('/')) {
    object.complain("cwd", fmt::format("\"{}\" is not an absolute path", process.cwd));
  }
  if (const auto score = process.oom_score_adj; score && (*score < -1000 || *score > 1000)) {
    object.complain("oomScoreAdj", fmt::format("{} is out of range (-1000 to 1000)", *score));
  }
}

void read_fields(Object& object, Mount& mount) {
  object.required("destination", mount.destination);
  object.optional("type", mount.type);
  object.optional("source", mount.source);
  object.optional("options", mount.options);
  object.optional("uidMappings", mount.uid_mappings);
  object.optional("gidMappings", mount.gid_mappings);
  if (!object.failed() && mount.destination.empty()) {
    object.complain("destination", "is empty");
  }
}

void read_fields(Object& object, Hook& hook) {
  object.required("path", hook.path);
  object.optional("args", hook.args);
  object.optional("env", hook.env);
  object.optional("timeout", hook.timeout_seconds);
  if (object.failed()) return;
  if (!hook.path.starts_with('/')) {
    object.complain("path", fmt::format("\"{}\" is not an absolute path", hook.path));
  }
  if (hook.timeout_seconds && *hook.timeout_seconds <= 0) {
    object.complain("timeout", "must be above 0 seconds");
  }
}

void read_fields(Object& object, Hooks& hooks) {
  for (const NamedHooks& known : kHooks) object.optional(known.name, hooks.*known.hooks);
}

std::vector<std::string_view> hook_names() {
  std::vector<std::string_view> names;
  for (const NamedHooks& known : kHooks) names.push_back(known.name);
  return names;
}

void read_fields(Object& object, Spec& spec) {
  object.required("ociVersion", spec.version);
  if (!object.failed() && !spec.version.starts_with("1.")) {
    object.complain("ociVersion", fmt::format("\"{}\" is not a version 1", spec.version));
  }
  object.required_object("root", [&](Object& root) {
    root.required("path", spec.root_path);
    root.optional("readonly", spec.root_readonly);
    if (!root.failed() && spec.root_path.empty()) root.complain("path", "is empty");
  });
  object.required("process", spec.process);
  object.optional("hostname", spec.hostname);
  object.optional("domainname", spec.domainname);
  object.optional("mounts", spec.mounts);
  object.optional("hooks", spec.hooks);
  object.optional("annotations", spec.annotations);
  object.required_object("linux", [&](Object& fields) { read_linux(fields, spec); });
}

Result<Spec> parse_spec(std::string_view json) {
  return json::parse<Spec>("config.json", json);
}

Result<Resources> parse_resources(std::string_view json) {
  return json::parse<Resources>("linux.resources", json);
}

Result<Process> parse_process(std::string_view json, const Process& first) {
  TRY_ASSIGN(Process process, json::parse<Process>("process", json));
  if (process.args.empty()) {
    return fail(ErrorCode::kInvalidArgument, "process: args is empty: it must name a program");
  }
  if (!process.capabilities) process.capabilities = first.capabilities;
  if (process.rlimits.empty()) process.rlimits = first.rlimits;
  if (process.apparmor_profile.empty()) process.apparmor_profile = first.apparmor_profile;
  if (process.selinux_label.empty()) process.selinux_label = first.selinux_label;
  if (!process.oom_score_adj) process.oom_score_adj = first.oom_score_adj;
  return process;
}

const Namespace* find_namespace(const Spec& spec, int clone_flag) {
  for (const Namespace& entry : spec.namespaces) {
    if (entry.type == clone_flag) return &entry;
  }
  return nullptr;
}

}  // namespace wasmedge::oci
