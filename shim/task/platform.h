#pragma once

#include <optional>
#include <string>

#include "oci/cgroup.h"
#include "oci/launch.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/cache/obtain.h"
#include "runtime/cache/store.h"
#include "shim/metrics/tally.h"
#include "shim/task/logger_process.h"

namespace wasmedge::task {

/// Which module is looked for in a container's image.
struct ImageQuestion {
  std::string container;
  std::string image;  // its name, if the container tells
  std::string entry;  // what the container's command line calls the module; may be empty
};

/// What the service needs of the machine to make containers; tests put a fake here.
class Platform {
 public:
  virtual ~Platform() = default;

  /// `path` as oci::cgroup_path() gives it.
  virtual Result<oci::Cgroup> make_cgroup(const std::string& path,
                                          const oci::Resources& resources) = 0;
  /// Clones the container's first process. `request.program` and `request.cache` are filled in
  /// here.
  virtual Result<oci::Launched> launch(oci::LaunchRequest request) = 0;
  /// Starts the search for the module of an image that is an OCI Wasm artifact: its reply has the
  /// module, or is kNotFound for an ordinary image.
  virtual Result<cache::Compilation> fetch_module(const ImageQuestion& question) = 0;
  /// The cache's artifact of that key, open read-only, its owner and mode checked; or nothing.
  virtual Result<std::optional<Fd>> find_artifact(const cache::Key& key) = 0;
  /// Starts the compiler on a module; `name` is for messages; `metered`: code that uses up fuel.
  virtual Result<cache::Compilation> compile(int module, const std::string& name, bool metered) = 0;
  /// Starts the program that takes the output of the process of this id.
  virtual Result<LoggerProcess> start_logger(const LoggerUri& logger, const std::string& id) = 0;
  /// Adds to the node's metrics.
  virtual void record(const metrics::Tally& tally) = 0;
};

/// This machine: wasmedge-init and wasmedge-compiler stand beside the shim's own executable. What
/// does not change from one container to the next is looked up once.
class Node : public Platform {
 public:
  /// `address` and `namespace_name`: containerd's.
  Node(std::string address, std::string namespace_name)
      : address_(std::move(address)), namespace_name_(std::move(namespace_name)) {}
  Result<oci::Cgroup> make_cgroup(const std::string& path,
                                  const oci::Resources& resources) override;
  Result<oci::Launched> launch(oci::LaunchRequest request) override;
  Result<cache::Compilation> fetch_module(const ImageQuestion& question) override;
  Result<std::optional<Fd>> find_artifact(const cache::Key& key) override;
  Result<cache::Compilation> compile(int module, const std::string& name, bool metered) override;
  Result<LoggerProcess> start_logger(const LoggerUri& logger, const std::string& id) override;
  void record(const metrics::Tally& tally) override;

 private:
  Result<> find_cache();

  std::string address_;
  std::string namespace_name_;
  std::optional<oci::CgroupRoots> cgroup_roots_;
  Fd init_;
  bool cache_looked_for_ = false;
  std::optional<cache::Store> cache_;  // none can be used
  bool metrics_lost_ = false;          // and told
};

/// The path of a program beside our own executable.
Result<std::string> program_beside(std::string_view name);

}  // namespace wasmedge::task
