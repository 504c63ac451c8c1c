#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "runtime/base/result.h"
#include "runtime/cache/store.h"
#include "runtime/compile/compile.h"
#include "runtime/run/artifact_file.h"

namespace wasmedge::spec {

/// How modules become code.
struct BuildOptions {
  compile::Quality quality = compile::Quality::kBest;
  std::string cpu;    // empty: this machine's; see compile::CompileOptions
  std::string cache;  // a directory of artifacts of this quality; empty: none is kept
  bool warm = false;  // everything must be in the cache: to compile is an error
  Architecture target = kThisArchitecture;  // another one's code is made, but not run
};

/// From module files to loaded artifacts, the way `wasmedge` and a container go it: look it up, or
/// decode, validate, compile, publish; then load, which verifies.
class Artifacts {
 public:
  /// Errors: a cache directory that cannot be used.
  static Result<Artifacts> make(const BuildOptions& options);

  Result<std::shared_ptr<const run::Artifact>> build(const std::filesystem::path& path);

  uint64_t compiled() const { return compiled_; }
  uint64_t from_cache() const { return from_cache_; }

 private:
  explicit Artifacts(const BuildOptions& options) : options_(options) {}
  Result<Fd> compile(std::span<const std::byte> bytes, const cache::Sha256& sha256);
  Result<Fd> compile_into_cache(std::span<const std::byte> bytes, const cache::Sha256& sha256);

  BuildOptions options_;
  std::optional<cache::Store> store_;
  uint64_t compiled_ = 0;
  uint64_t from_cache_ = 0;
};

}  // namespace wasmedge::spec
