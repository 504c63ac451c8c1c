#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "oci/mounts.h"
#include "oci/rootfs.h"
#include "shim/init/wasm_guest.h"

namespace wasmedge::init {
namespace {

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
void name_top_directories(std::vector<policy::Given>& directories, bool read_only) {
  auto next = directories.begin() + 1;
  for (const std::string& path : top_directories()) {
    const bool given =
        std::any_of(directories.begin(), directories.end(),
                    [&](const policy::Given& each) { return each.guest_path == path; });
    if (given) continue;
    next = directories.insert(next, {path, path, read_only, "config.json: root", false, false}) + 1;
  }
}

/// What a rule names must be the very directory: a symbolic link of the image could lead to more.
/// Nothing: it is not there, and need not be.
Result<std::optional<Fd>> open_directory(const policy::Given& given, const Fd& root) {
  constexpr int kFlags = O_PATH | O_DIRECTORY;
  if (!given.by_rule) {
    // A mounted file is reached through the directory it is in.
    if (!given.required && !is_directory(given.path)) return std::nullopt;
    TRY_ASSIGN(Fd directory, open_file(given.path, kFlags));
    return directory;
  }
  auto opened = given.path == "/"
                    ? open_file("/", kFlags)
                    : oci::open_in_root(root.get(), given.path, kFlags, oci::Follow::kNever);
  if (opened) return std::move(*opened);
  if (!given.required) return std::nullopt;
  return fail(ErrorCode::kInvalidArgument,
              "{}: the container must have a directory there, with no symbolic link on the way: {}",
              given.why, opened.error().message);
}

}  // namespace

Result<wasi::WasiConfig> wasi_config(const oci::Spec& spec, const policy::Policy& policy,
                                     std::vector<policy::Given>& directories) {
  wasi::WasiConfig config;
  config.args = spec.process.args;
  config.env = spec.process.env;
  std::erase_if(config.env, [&](const std::string& item) { return !policy.passes(item); });
  config.network = policy.network;
  config.memory = policy.memory;
  config.fuel = policy.fuel;
  config.time = policy.time;
  config.threads = policy.threads;
  if (policy.trace) config.trace = STDERR_FILENO;

  const std::string cwd = oci::clean_path(spec.process.cwd);
  if (cwd != "/") {
    if (!policy.preopens) name_top_directories(directories, spec.root_readonly);
    const bool told = std::any_of(config.env.begin(), config.env.end(),
                                  [](const std::string& item) { return item.starts_with("PWD="); });
    if (!told) config.env.push_back("PWD=" + cwd);
  }
  Fd root;
  if (policy.preopens) {
    TRY_ASSIGN(root, open_file("/", O_PATH | O_DIRECTORY));
  }
  std::vector<policy::Given> opened;
  for (policy::Given& given : directories) {
    TRY_ASSIGN(auto directory, open_directory(given, root));
    if (!directory) continue;
    config.preopens.push_back({std::move(*directory), given.guest_path, given.read_only});
    opened.push_back(std::move(given));
  }
  directories = std::move(opened);
  return config;
}

}  // namespace wasmedge::init
