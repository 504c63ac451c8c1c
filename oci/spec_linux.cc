#include "oci/spec_linux.h"

#include <sched.h>
#include <sys/stat.h>

#include <array>

#include "oci/spec_names.h"

namespace wasmedge::oci {

using json::Object;

namespace {

struct NamedNamespace {
  std::string_view name;
  int flag;
};
constexpr std::array kNamespaces = {
    NamedNamespace{"pid", CLONE_NEWPID},       NamedNamespace{"network", CLONE_NEWNET},
    NamedNamespace{"mount", CLONE_NEWNS},      NamedNamespace{"ipc", CLONE_NEWIPC},
    NamedNamespace{"uts", CLONE_NEWUTS},       NamedNamespace{"user", CLONE_NEWUSER},
    NamedNamespace{"cgroup", CLONE_NEWCGROUP}, NamedNamespace{"time", CLONE_NEWTIME},
};

}  // namespace

std::vector<std::string_view> namespace_names() {
  std::vector<std::string_view> names;
  for (const NamedNamespace& known : kNamespaces) names.push_back(known.name);
  return names;
}

void read_fields(Object& object, Namespace& entry) {
  std::string type;
  object.required("type", type);
  object.optional("path", entry.path);
  for (const NamedNamespace& known : kNamespaces) {
    if (known.name == type) return static_cast<void>(entry.type = known.flag);
  }
  object.complain("type", fmt::format("\"{}\" is no kind of namespace", type));
}

void read_fields(Object& object, IdMapping& mapping) {
  object.required("containerID", mapping.container_id);
  object.required("hostID", mapping.host_id);
  object.required("size", mapping.size);
  if (!object.failed() && mapping.size == 0) object.complain("size", "is 0");
}

void read_fields(Object& object, Device& device) {
  std::string type;
  object.required("path", device.path);
  object.required("type", type);
  object.optional("major", device.major);
  object.optional("minor", device.minor);
  object.optional("fileMode", device.mode);
  object.optional("uid", device.uid);
  object.optional("gid", device.gid);
  device.mode &= 07777;
  if (type == "c" || type == "u") {
    device.type = S_IFCHR;
  } else if (type == "b") {
    device.type = S_IFBLK;
  } else if (type == "p") {
    device.type = S_IFIFO;
  } else {
    object.complain("type", fmt::format("\"{}\" is none of c, u, b, p", type));
  }
}

void read_fields(Object& object, DeviceRule& rule) {
  std::string type = "a";
  object.required("allow", rule.allow);
  object.optional("type", type);
  object.optional("major", rule.major);
  object.optional("minor", rule.minor);
  object.optional("access", rule.access);
  if (object.failed()) return;
  if (type != "a" && type != "b" && type != "c") {
    return object.complain("type", fmt::format("\"{}\" is none of a, b, c", type));
  }
  rule.type = type[0];
  if (rule.access.find_first_not_of("rwm") != std::string::npos) {
    object.complain("access", fmt::format("\"{}\" has letters beyond r, w, m", rule.access));
  }
  if (rule.access.empty()) rule.access = "rwm";
  // -1 means "all", as in the kernel's own device numbers.
  if (rule.major && *rule.major < 0) rule.major.reset();
  if (rule.minor && *rule.minor < 0) rule.minor.reset();
}

void read_fields(Object& object, Throttle& throttle) {
  object.required("major", throttle.major);
  object.required("minor", throttle.minor);
  object.required("rate", throttle.rate);
}

void read_fields(Object& object, HugepageLimit& limit) {
  object.required("pageSize", limit.page_size);
  object.required("limit", limit.limit);
  // It becomes part of a file's name.
  if (limit.page_size.find_first_not_of("0123456789KMGB") != std::string::npos) {
    object.complain("pageSize", fmt::format("\"{}\" is no size such as 2MB", limit.page_size));
  }
}

void read_fields(Object& object, Resources& resources) {
  object.optional_object("memory", [&](Object& memory) {
    memory.optional("limit", resources.memory_limit);
    memory.optional("reservation", resources.memory_reservation);
    memory.optional("swap", resources.memory_swap);
    memory.optional("swappiness", resources.memory_swappiness);
    memory.optional("disableOOMKiller", resources.disable_oom_killer);
  });
  object.optional_object("cpu", [&](Object& cpu) {
    cpu.optional("shares", resources.cpu_shares);
    cpu.optional("quota", resources.cpu_quota);
    cpu.optional("period", resources.cpu_period);
    cpu.optional("cpus", resources.cpus);
    cpu.optional("mems", resources.mems);
  });
  object.optional_object("pids",
                         [&](Object& pids) { pids.optional("limit", resources.pids_limit); });
  object.optional_object("blockIO", [&](Object& block_io) {
    block_io.optional("weight", resources.block_io_weight);
    block_io.optional("throttleReadBpsDevice", resources.read_bps);
    block_io.optional("throttleWriteBpsDevice", resources.write_bps);
    block_io.optional("throttleReadIOPSDevice", resources.read_iops);
    block_io.optional("throttleWriteIOPSDevice", resources.write_iops);
  });
  object.optional("devices", resources.devices);
  object.optional("hugepageLimits", resources.hugepage_limits);
  object.optional("unified", resources.unified);
  if (object.failed()) return;
  for (const auto& [file, content] : resources.unified) {
    if (file.find('/') != std::string::npos || file.find('.') == std::string::npos) {
      object.complain("unified", fmt::format("\"{}\" is no control group file", file));
    }
  }
}

void read_fields(Object& object, SeccompArgument& argument) {
  object.required("index", argument.index);
  object.required("value", argument.value);
  object.optional("valueTwo", argument.value_two);
  object.required("op", argument.op);
  if (!object.failed() && argument.index > 5) object.complain("index", "is above 5");
}

void read_fields(Object& object, SeccompRule& rule) {
  object.required("names", rule.names);
  object.required("action", rule.action);
  object.optional("errnoRet", rule.errno_value);
  object.optional("args", rule.arguments);
}

void read_fields(Object& object, Seccomp& seccomp) {
  object.required("defaultAction", seccomp.default_action);
  object.optional("defaultErrnoRet", seccomp.default_errno);
  object.optional("architectures", seccomp.architectures);
  object.optional("flags", seccomp.flags);
  object.optional("syscalls", seccomp.rules);
}

namespace {

/// Rules that tie several namespaces together.
void check_namespaces(Object& object, const Spec& spec) {
  int seen = 0;
  for (const Namespace& entry : spec.namespaces) {
    if ((seen & entry.type) != 0) return object.complain("namespaces", "names a type twice");
    seen |= entry.type;
    if (!entry.path.empty() && !entry.path.starts_with('/')) {
      return object.complain("namespaces", fmt::format("path \"{}\" is not absolute", entry.path));
    }
  }
  const Namespace* mount = find_namespace(spec, CLONE_NEWNS);
  if (mount == nullptr || !mount->path.empty()) {
    return object.complain("namespaces", "a new mount namespace is required");
  }
  const Namespace* user = find_namespace(spec, CLONE_NEWUSER);
  const bool maps = !spec.uid_mappings.empty() && !spec.gid_mappings.empty();
  if (user != nullptr && user->path.empty() && !maps) {
    return object.complain("namespaces", "a new user namespace needs uidMappings and gidMappings");
  }
  if (!spec.hostname.empty() && find_namespace(spec, CLONE_NEWUTS) == nullptr) {
    object.complain("namespaces", "a hostname needs a uts namespace: it would rename the host");
  }
}

}  // namespace

void read_linux(Object& object, Spec& spec) {
  object.required("namespaces", spec.namespaces);
  object.optional("uidMappings", spec.uid_mappings);
  object.optional("gidMappings", spec.gid_mappings);
  object.optional("devices", spec.devices);
  object.optional("cgroupsPath", spec.cgroups_path);
  object.optional("resources", spec.resources);
  object.optional("rootfsPropagation", spec.rootfs_propagation);
  object.optional("seccomp", spec.seccomp);
  object.optional("sysctl", spec.sysctl);
  object.optional("maskedPaths", spec.masked_paths);
  object.optional("readonlyPaths", spec.readonly_paths);
  object.optional("mountLabel", spec.mount_label);
  if (!object.failed()) check_namespaces(object, spec);
}

}  // namespace wasmedge::oci
