#include <unistd.h>

#include <limits>

#include "runtime/cli/cache.h"
#include "runtime/cli/tell.h"

/// `wasmedge cache prune`: what is not needed goes.
namespace wasmedge::cli {
namespace {

Result<cache::Bounds> bounds_of(const CacheOptions& options) {
  TRY_ASSIGN(cache::Bounds bounds, cache::read_bounds());
  if (!options.max_size.empty()) {
    TRY_ASSIGN(bounds.bytes, cache::parse_size("--max-size", options.max_size));
  }
  if (!options.max_age.empty()) {
    TRY_ASSIGN(bounds.age, cache::parse_age("--max-age", options.max_age));
  }
  return bounds;
}

/// All artifacts, or those that nothing on this machine can use.
Result<cache::Evicted> remove_chosen(const cache::Store& store, const CacheOptions& options) {
  TRY_ASSIGN(const auto artifacts, artifacts_of(store));
  cache::Evicted evicted;
  for (const Artifact& artifact : artifacts) {
    if (!options.all && artifact.state == "ready") continue;
    if (!options.dry_run && ::unlinkat(store.directory(), artifact.entry.name.c_str(), 0) != 0 &&
        errno != ENOENT) {
      return fail_errno("remove {}/{}", store.path(), artifact.entry.name);
    }
    ++evicted.artifacts;
    evicted.bytes += artifact.entry.bytes;
  }
  return evicted;
}

}  // namespace

Result<int> cache_prune(const CacheOptions& options) {
  TRY_ASSIGN(const cache::Bounds bounds, bounds_of(options));
  TRY_ASSIGN(cache::Store store, open_cache());
  cache::Evicted evicted;
  if (options.all || options.unusable) {
    TRY_ASSIGN(evicted, remove_chosen(store, options));
  } else {
    TRY_ASSIGN(evicted, store.evict(bounds, !options.dry_run));
  }
  if (!options.dry_run) TRY(store.sweep());
  if (options.json) {
    return print(
        fmt::format("{{\"artifacts\":{},\"bytes\":{}}}\n", evicted.artifacts, evicted.bytes));
  }
  return print(fmt::format("{} {} artifacts, {}\n", options.dry_run ? "would remove" : "removed",
                           evicted.artifacts, show_size(evicted.bytes)));
}

}  // namespace wasmedge::cli
