#include "shim/task/platform.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <utility>

#include "runtime/base/log.h"
#include "shim/metrics/file.h"

namespace wasmedge::task {

Result<std::string> program_beside(std::string_view name) {
  std::array<char, PATH_MAX> self{};
  const ssize_t length = ::readlink("/proc/self/exe", self.data(), self.size());
  if (length < 0) return fail_errno("find the shim's own executable: readlink /proc/self/exe");
  const std::string_view path(self.data(), static_cast<size_t>(length));
  return std::string(path.substr(0, path.rfind('/') + 1)) + std::string(name);
}

Result<oci::Cgroup> Node::make_cgroup(const std::string& path, const oci::Resources& resources) {
  if (!cgroup_roots_) {
    TRY_ASSIGN(cgroup_roots_, oci::find_cgroup_roots());
  }
  return oci::Cgroup::create(*cgroup_roots_, path, resources);
}

Result<oci::Launched> Node::launch(oci::LaunchRequest request) {
  if (!init_) {
    TRY_ASSIGN(const std::string path, program_beside("wasmedge-init"));
    TRY_ASSIGN(init_, oci::open_program(path));
  }
  if (!cache_looked_for_) {
    cache_looked_for_ = true;
    if (auto found = find_cache(); !found) {
      log::warning("modules are compiled anew for each container: {}", found.error().message);
    }
  }
  request.program = init_.get();
  request.cache = cache_ ? cache_->directory() : -1;
  return oci::launch(request);
}

Result<> Node::find_cache() {
  TRY_ASSIGN(const std::string directory, cache::default_directory());
  TRY_ASSIGN(cache_, cache::Store::create(directory));
  return {};
}

Result<std::optional<Fd>> Node::find_artifact(const cache::Key& key) {
  if (!cache_) return std::nullopt;
  return cache_->lookup(key);
}

Result<cache::Compilation> Node::fetch_module(const ImageQuestion& question) {
  TRY_ASSIGN(const std::string program, program_beside("wasmedge-image"));
  return cache::start_program(
      {program, "--address", address_, "--namespace", namespace_name_, "--id", question.container,
       "--image", question.image, "--entry", question.entry},
      -1, "the container's image");
}

Result<cache::Compilation> Node::compile(int module, const std::string& name, bool metered) {
  TRY_ASSIGN(std::string compiler, program_beside("wasmedge-compiler"));
  return cache::start(cache::CompileJob{.compiler = std::move(compiler),
                                        .cache_directory = cache_ ? cache_->path() : "",
                                        .module = module,
                                        .name = name,
                                        .metered = metered});
}

Result<LoggerProcess> Node::start_logger(const LoggerUri& logger, const std::string& id) {
  return start_logger_process(logger, id, namespace_name_);
}

void Node::record(const metrics::Tally& tally) {
  const auto added = metrics::add(metrics::default_path(), tally);
  if (added || std::exchange(metrics_lost_, true)) return;
  log::info("this server's metrics are lost: {}", added.error().message);
}

}  // namespace wasmedge::task
