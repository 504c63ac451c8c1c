#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/cache/store.h"
#include "runtime/cli/command.h"

/// `wasmedge cache`, a function a subcommand.
namespace wasmedge::cli {

struct CacheOptions {
  bool help = false;
  bool json = false;
  bool all = false;                                         // prune
  bool unusable = false;                                    // prune
  bool dry_run = false;                                     // prune
  bool remove = false;                                      // verify
  std::string max_size;                                     // prune
  std::string max_age;                                      // prune
  std::string address = "/run/containerd/containerd.sock";  // warm
  std::string namespace_name = "default";                   // warm
  std::vector<std::string> names;                           // warm
};

/// What an artifact is good for, by its header alone.
struct Artifact {
  cache::Entry entry;
  std::string state;   // "ready", "other build", "other CPU", "damaged"
  std::string target;  // "x86_64"; "" if damaged
  std::string module;  // the module's sha256, hex; "" if damaged
  bool metered = false;
};

/// The cache's artifacts, the one used last first.
Result<std::vector<Artifact>> artifacts_of(const cache::Store& store);

/// The user's cache. kNotFound if nothing was ever compiled.
Result<cache::Store> open_cache();

/// Each prints, and returns the exit status.
Result<int> cache_ls(const CacheOptions& options);
Result<int> cache_stat(const CacheOptions& options);
Result<int> cache_verify(const CacheOptions& options);
Result<int> cache_prune(const CacheOptions& options);
Result<int> cache_warm(const CacheOptions& options);

/// "1.5 MiB".
std::string show_size(uint64_t bytes);

}  // namespace wasmedge::cli
