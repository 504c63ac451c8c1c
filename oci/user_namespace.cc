#include "oci/user_namespace.h"

#include <grp.h>
#include <unistd.h>

#include "runtime/base/fd.h"

namespace wasmedge::oci {
namespace {

Result<> write_map(pid_t pid, const char* file, const std::vector<IdMapping>& mappings) {
  std::string text;
  for (const IdMapping& mapping : mappings) {
    text += fmt::format("{} {} {}\n", mapping.container_id, mapping.host_id, mapping.size);
  }
  return write_file(fmt::format("/proc/{}/{}", pid, file), text);
}

}  // namespace

Result<> write_id_maps(pid_t pid, const Spec& spec) {
  if (auto written = write_map(pid, "uid_map", spec.uid_mappings); !written) {
    return wrap(written.error(), "config.json: linux.uidMappings");
  }
  if (auto written = write_map(pid, "gid_map", spec.gid_mappings); !written) {
    return wrap(written.error(), "config.json: linux.gidMappings");
  }
  return {};
}

Result<> become_root() {
  if (::setresgid(0, 0, 0) != 0 || ::setgroups(0, nullptr) != 0 || ::setresuid(0, 0, 0) != 0) {
    return fail_errno("become root of the user namespace (is id 0 mapped?)");
  }
  return {};
}

}  // namespace wasmedge::oci
