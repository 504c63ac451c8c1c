#include "test/spec/artifacts.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "runtime/base/fd.h"
#include "runtime/base/limits.h"
#include "runtime/cache/key.h"
#include "runtime/wasm/module.h"

namespace wasmedge::spec {

namespace {

Result<Fd> memory_file(std::span<const std::byte> content) {
  Fd file(memfd_create("artifact", MFD_CLOEXEC));
  if (!file) return fail_errno("cannot make a memfd");
  if (fchmod(file.get(), 0400) != 0) return fail_errno("cannot set a memfd's mode");
  TRY(write_all(file.get(), content, "artifact"));
  return file;
}

}  // namespace

Result<Artifacts> Artifacts::make(const BuildOptions& options) {
  Artifacts artifacts(options);
  if (options.cache.empty()) return artifacts;
  TRY_ASSIGN(artifacts.store_, cache::Store::create(options.cache));
  return artifacts;
}

Result<std::shared_ptr<const run::Artifact>> Artifacts::build(const std::filesystem::path& path) {
  TRY_ASSIGN(const std::string content, read_file(path, kLimits.module_bytes));
  const auto bytes = std::as_bytes(std::span(content));
  const cache::Sha256 sha256 = cache::sha256(bytes);
  std::optional<Fd> file;
  if (store_) {
    TRY_ASSIGN(file, store_->lookup(cache::key_of(sha256, {.target = options_.target})));
  }
  if (file) {
    ++from_cache_;
  } else {
    TRY_ASSIGN(file, store_ ? compile_into_cache(bytes, sha256) : compile(bytes, sha256));
  }
  TRY_ASSIGN(auto artifact,
             run::Artifact::load_for(options_.target, std::move(*file), path.filename().string()));
  if (artifact->header().module_sha256 != sha256) {
    return fail(ErrorCode::kInternal, "the artifact of {} belongs to another module",
                path.filename().string());
  }
  return artifact;
}

Result<Fd> Artifacts::compile(std::span<const std::byte> bytes, const cache::Sha256& sha256) {
  TRY_ASSIGN(const wasm::Module module, wasm::decode(bytes));
  TRY(wasm::validate(module));
  if (options_.warm) return fail(ErrorCode::kInternal, "is not in the cache, which is to be warm");
  compile::CompileOptions options;
  options.target = options_.target;
  options.quality = options_.quality;
  options.cpu = options_.cpu;
  options.module_sha256 = sha256;
  options.compiler_build = cache::compiler_build();
  TRY_ASSIGN(const auto artifact, compile::compile(module, options));
  ++compiled_;
  return memory_file(artifact);
}

Result<Fd> Artifacts::compile_into_cache(std::span<const std::byte> bytes,
                                         const cache::Sha256& sha256) {
  const cache::Key key = cache::key_of(sha256, {.target = options_.target});
  TRY_ASSIGN(auto writer, store_->lock(key));
  // Another script's process may have had the same module.
  TRY_ASSIGN(auto found, store_->lookup(key));
  if (found) {
    ++from_cache_;
    return std::move(*found);
  }
  TRY_ASSIGN(const Fd artifact, compile(bytes, sha256));
  return writer.publish(artifact.get());
}

}  // namespace wasmedge::spec
