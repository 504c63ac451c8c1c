#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "runtime/base/spawn.h"
#include "runtime/cache/obtain.h"
#include "runtime/cli/cache.h"
#include "runtime/cli/module.h"
#include "runtime/cli/tell.h"

/// `wasmedge cache warm`: modules are compiled before anybody waits for them.
namespace wasmedge::cli {
namespace {

namespace fs = std::filesystem;

/// An image is somebody else's: it does not get to occupy the compiler for ever.
constexpr size_t kMostModules = 256;

struct Warmed {
  size_t modules = 0;
  size_t failed = 0;  // of them; told already
};

Result<bool> warm_file(const std::string& path, const std::string& name) {
  TRY_ASSIGN(Fd file, open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  return compile_if_module(std::move(file), name);
}

/// Every module below `root`; names in messages are `name` and the path below. One that cannot be
/// compiled does not stop the others.
Result<Warmed> warm_tree(const std::string& root, const std::string& name) {
  Warmed warmed;
  std::error_code error;
  const auto skip = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(root, skip, error), end; at != end && !error;
       at.increment(error)) {
    if (!fs::is_regular_file(at->symlink_status(error))) continue;
    const std::string path = at->path();
    const auto compiled = warm_file(path, name + path.substr(root.size()));
    if (!compiled) {
      failure(compiled.error());
      ++warmed.failed;
    }
    if (!compiled || *compiled) ++warmed.modules;
    if (warmed.modules > kMostModules) {
      return fail(ErrorCode::kResourceExhausted, "{} has more than {} modules: the rest is left",
                  name, kMostModules);
    }
  }
  if (error) return fail(ErrorCode::kInternal, "list {}: {}", root, error.message());
  return warmed;
}

/// The module of an image that is an OCI Wasm artifact; false: it is none.
Result<bool> warm_artifact(const CacheOptions& options, const std::string& image) {
  TRY_ASSIGN(const std::string program, program_beside("wasmedge-image"));
  TRY_ASSIGN(auto fetch,
             cache::start_program({program, "--address", options.address, "--namespace",
                                   options.namespace_name, "--id", "", "--image", image},
                                  -1, image));
  auto fetched = cache::finish(fetch);
  if (!fetched && fetched.error().code == ErrorCode::kNotFound) return false;
  if (!fetched) return tl::unexpected<Error>(fetched.error());
  return compile_if_module(std::move(fetched->artifact), image);
}

/// Runs ctr to its end, with its stderr as ours, or without.
Result<int> ctr(const CacheOptions& options, std::vector<std::string> words, bool quiet) {
  std::vector<std::string> arguments = {
      "env", "ctr", "--address", options.address, "--namespace", options.namespace_name, "images"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  const std::array<int, 3> fds = {-1, -1, quiet ? -1 : STDERR_FILENO};
  TRY_ASSIGN(const pid_t pid,
             spawn({.program = "/usr/bin/env", .arguments = std::move(arguments)}, fds, "ctr"));
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// A directory for a mount; removed at the end.
class MountPoint {
 public:
  static Result<MountPoint> make() {
    std::string path = "/tmp/wasmedge-warm.XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return fail_errno("make a directory in /tmp");
    return MountPoint(std::move(path));
  }
  MountPoint(MountPoint&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  MountPoint& operator=(MountPoint&&) = delete;
  ~MountPoint() {
    if (!path_.empty()) ::rmdir(path_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  explicit MountPoint(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// The modules in the filesystem of an image for one platform ("": this machine's). Nothing: the
/// image has none for it.
Result<std::optional<Warmed>> warm_mounted(const CacheOptions& options, const std::string& image,
                                           const std::string& platform, bool quiet) {
  TRY_ASSIGN(const MountPoint at, MountPoint::make());
  std::vector<std::string> words = {"mount"};
  if (!platform.empty()) words.insert(words.end(), {"--platform", platform});
  words.insert(words.end(), {image, at.path()});
  TRY_ASSIGN(const int mounted, ctr(options, std::move(words), quiet));
  if (mounted != 0) return std::nullopt;
  auto warmed = warm_tree(at.path(), image);
  TRY_ASSIGN(const int unmounted, ctr(options, {"unmount", "--rm", at.path()}, false));
  if (unmounted != 0) return fail(ErrorCode::kInternal, "ctr could not unmount {}", at.path());
  if (!warmed) return tl::unexpected<Error>(warmed.error());
  return *warmed;
}

Result<Warmed> warm_image(const CacheOptions& options, const std::string& image) {
  TRY_ASSIGN(const bool artifact, warm_artifact(options, image));
  if (artifact) return Warmed{.modules = 1};
  Warmed all;
  bool mounted = false;
  for (const std::string platform : {"wasi/wasm", "wasip1/wasm", ""}) {
    const bool last = platform.empty();
    TRY_ASSIGN(const auto found, warm_mounted(options, image, platform, mounted || !last));
    mounted = mounted || found;
    if (found) all.modules += found->modules;
    if (found) all.failed += found->failed;
  }
  if (mounted) return all;
  return fail(ErrorCode::kNotFound,
              "image {} of containerd's namespace {} cannot be mounted: ctr says why above (names "
              "are full ones, such as docker.io/library/hello:latest; Kubernetes' namespace is "
              "k8s.io, Docker's moby)",
              image, options.namespace_name);
}

Result<Warmed> warm(const CacheOptions& options, const std::string& name) {
  struct stat status{};
  if (::stat(name.c_str(), &status) != 0) return warm_image(options, name);
  if (S_ISDIR(status.st_mode)) return warm_tree(name, name);
  TRY_ASSIGN(const ModuleFile module, open_module(name));
  TRY(compile_artifact(module, {}));
  return Warmed{.modules = 1};
}

}  // namespace

Result<int> cache_warm(const CacheOptions& options) {
  int status = 0;
  for (const std::string& name : options.names) {
    const auto warmed = warm(options, name);
    if (!warmed) {
      status = failure(warmed.error());
    } else if (warmed->modules == 0) {
      status = failure({ErrorCode::kNotFound, fmt::format("{} has no WebAssembly module", name)});
    } else {
      const size_t done = warmed->modules - warmed->failed;
      print(fmt::format("{}: {} {}\n", name, done, done == 1 ? "module" : "modules"));
      if (warmed->failed != 0) status = kFailure;
    }
  }
  return status;
}

}  // namespace wasmedge::cli
