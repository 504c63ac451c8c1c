#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "oci/contain.h"
#include "oci/mount_options.h"
#include "oci/rootfs.h"
#include "shim/init/wasm_guest.h"

namespace wasmedge::init {
namespace {

bool is_read_only(const oci::Mount& mount) {
  const auto& options = mount.options;
  const auto last = std::find_if(options.rbegin(), options.rend(), [](const std::string& option) {
    return option == "ro" || option == "rw" || option == "rro" || option == "rrw";
  });
  return last != options.rend() && last->ends_with("ro");
}

/// Adds a directory; one that is given already (a mount over a mount) is replaced.
Result<> add(wasi::WasiConfig& config, const std::string& path, const std::string& guest_path,
             bool read_only) {
  TRY_ASSIGN(Fd directory, open_file(path, O_PATH | O_DIRECTORY));
  std::erase_if(config.preopens,
                [&](const wasi::Preopen& given) { return given.guest_path == guest_path; });
  config.preopens.push_back({std::move(directory), guest_path, read_only});
  return {};
}

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// The directories in "/", with sorted names.
std::vector<std::string> top_directories() {
  std::vector<std::string> names;
  DIR* stream = ::opendir("/");
  if (stream == nullptr) return names;  // unreadable for us: the guest has "/" all the same
  while (const dirent* entry = ::readdir(stream)) {
    const std::string path = fmt::format("/{}", entry->d_name);
    if (entry->d_name[0] == '.' || oci::is_kernel_path(path) || !is_directory(path)) continue;
    names.push_back(path);
  }
  ::closedir(stream);
  std::sort(names.begin(), names.end());
  return names;
}

/// WASI has no working directory. Libraries differ in what they take for it, so it is told in both
/// ways that are in use: the variable PWD (Go), and a preopen named "." in last place (wasi-libc,
/// and so C, C++ and Rust). wasi-libc cannot tell "." from "/", and asks the last one; so that
/// absolute paths still mean what they say, each directory in "/" is given by its own name.
Result<> add_working_directory(wasi::WasiConfig& config, const oci::Spec& spec) {
  const std::string cwd = oci::clean_path(spec.process.cwd);
  const bool told = std::any_of(config.env.begin(), config.env.end(),
                                [](const std::string& item) { return item.starts_with("PWD="); });
  if (!told) config.env.push_back("PWD=" + cwd);

  bool read_only = spec.root_readonly;
  std::string holder = "/";
  for (const oci::Mount& mount : spec.mounts) {
    const std::string place = oci::clean_path(mount.destination);
    const bool holds = cwd == place || cwd.starts_with(place == "/" ? place : place + "/");
    if (!holds || place.size() < holder.size()) continue;
    holder = place;
    read_only = is_read_only(mount);
  }
  return add(config, cwd, ".", read_only);
}

}  // namespace

Result<wasi::WasiConfig> wasi_config(const oci::Spec& spec) {
  wasi::WasiConfig config;
  config.args = spec.process.args;
  config.env = spec.process.env;
  const bool elsewhere = oci::clean_path(spec.process.cwd) != "/";
  TRY(add(config, "/", "/", spec.root_readonly));
  if (elsewhere) {
    for (const std::string& path : top_directories()) {
      TRY(add(config, path, path, spec.root_readonly));
    }
  }
  for (const oci::Mount& mount : spec.mounts) {
    const std::string path = oci::clean_path(mount.destination);
    // A mounted file is reached through the directory it is in.
    if (oci::is_kernel_path(path) || !is_directory(path)) continue;
    TRY(add(config, path, path, is_read_only(mount)));
  }
  if (elsewhere) TRY(add_working_directory(config, spec));
  return config;
}

}  // namespace wasmedge::init
