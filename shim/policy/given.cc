#include "shim/policy/given.h"

#include <algorithm>

#include "oci/mounts.h"
#include "oci/rootfs.h"

namespace wasmedge::policy {
namespace {

bool is_read_only(const oci::Mount& mount) {
  const auto& options = mount.options;
  const auto last = std::find_if(options.rbegin(), options.rend(), [](const std::string& option) {
    return option == "ro" || option == "rw" || option == "rro" || option == "rrw";
  });
  return last != options.rend() && last->ends_with("ro");
}

/// What config.json says of the filesystem that `path` is on.
struct Place {
  std::string path = "/";
  bool read_only = false;
  std::string why = "config.json: root";
};

Place place_of(const oci::Spec& spec, std::string_view path) {
  Place place;
  place.read_only = spec.root_readonly;
  for (const oci::Mount& mount : spec.mounts) {
    const std::string at = oci::clean_path(mount.destination);
    if (!oci::is_beneath(path, at) || at.size() < place.path.size()) continue;
    place = {at, is_read_only(mount), "config.json: the mount on " + at};
  }
  return place;
}

void add(std::vector<Given>& list, Given given) {
  // One that is given already (a mount over a mount) is replaced.
  std::erase_if(list, [&](const Given& other) { return other.guest_path == given.guest_path; });
  list.push_back(std::move(given));
}

std::vector<Given> of_the_spec(const oci::Spec& spec) {
  std::vector<Given> list;
  add(list, {"/", "/", spec.root_readonly, "config.json: root", false, true});
  for (const oci::Mount& mount : spec.mounts) {
    const std::string path = oci::clean_path(mount.destination);
    if (oci::is_kernel_path(path)) continue;
    add(list, {path, path, is_read_only(mount), "config.json: the mount on " + path, false, false});
  }
  return list;
}

Result<std::vector<Given>> of_the_rules(const oci::Spec& spec,
                                        const std::vector<Directory>& directories) {
  std::vector<Given> list;
  for (const Directory& directory : directories) {
    const Place place = place_of(spec, directory.path);
    if (directory.asked && place.read_only && !directory.read_only) {
      return fail(ErrorCode::kInvalidArgument,
                  "{}: {} is read-only, and an annotation cannot change that; write {}:ro",
                  directory.rule, place.why, directory.path);
    }
    add(list, {directory.path, directory.path, directory.read_only || place.read_only,
               directory.rule, true, directory.asked});
  }
  return list;
}

}  // namespace

Result<std::vector<Given>> given_directories(const oci::Spec& spec, const Policy& policy) {
  std::vector<Given> list;
  if (policy.preopens) {
    TRY_ASSIGN(list, of_the_rules(spec, *policy.preopens));
  } else {
    list = of_the_spec(spec);
  }
  const std::string cwd = oci::clean_path(spec.process.cwd);
  if (cwd == "/") return list;
  const Given* holder = nullptr;
  for (const Given& given : list) {
    if (!oci::is_beneath(cwd, given.path)) continue;
    if (holder == nullptr || given.path.size() >= holder->path.size()) holder = &given;
  }
  if (holder == nullptr) return list;
  const bool read_only = holder->read_only || place_of(spec, cwd).read_only;
  add(list, {cwd, ".", read_only, "config.json: process.cwd, in " + holder->guest_path,
             policy.preopens.has_value(), false});
  return list;
}

}  // namespace wasmedge::policy
