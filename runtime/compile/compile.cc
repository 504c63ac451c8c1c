#include "runtime/compile/compile.h"

#include <llvm/Support/thread.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "runtime/compile/artifact_writer.h"
#include "runtime/compile/facts.h"
#include "runtime/compile/link.h"
#include "runtime/compile/partition.h"
#include "runtime/run/artifact.h"

namespace wasmedge::compile {
namespace {

// LLVM recurses over the shape of code, which a hostile module chooses. Only touched pages count.
constexpr unsigned kThreadStackBytes = 512u << 20;

/// Compiles partitions on several threads, each taking the next one; the first error ends it.
class Pool {
 public:
  Pool(const Facts& facts, std::vector<Partition> partitions, const CompileOptions& options)
      : facts_(facts),
        partitions_(std::move(partitions)),
        quality_(options.quality),
        objects_(partitions_.size()) {}

  Result<std::vector<Object>> run(unsigned threads) {
    threads = std::clamp<unsigned>(threads, 1, static_cast<unsigned>(partitions_.size()));
    std::vector<llvm::thread> running;
    running.reserve(threads);
    for (unsigned i = 0; i < threads; ++i) {
      running.emplace_back(std::optional<unsigned>(kThreadStackBytes), [this] { work(); });
    }
    for (llvm::thread& thread : running) thread.join();
    if (!status_) return tl::unexpected(status_.error());
    return std::move(objects_);
  }

 private:
  void work() {
    for (size_t i = next_++; i < partitions_.size(); i = next_++) {
      Result<Object> object = compile_partition(facts_, partitions_[i], quality_);
      if (object) {
        objects_[i] = std::move(*object);
        continue;
      }
      const std::lock_guard lock(mutex_);
      if (status_) status_ = tl::unexpected(std::move(object).error());
      next_ = partitions_.size();
    }
  }

  const Facts& facts_;
  const std::vector<Partition> partitions_;
  const Quality quality_;
  std::vector<Object> objects_;  // each element belongs to the thread that took its number
  std::atomic<size_t> next_{0};
  std::mutex mutex_;
  Result<> status_;  // guarded by mutex_
};

}  // namespace

Result<std::vector<std::byte>> compile(const wasm::Module& module, const CompileOptions& options) {
  const Facts facts(module, options);
  TRY_ASSIGN(std::vector<Object> objects,
             Pool(facts, plan_partitions(module), options).run(options.threads));
  TRY_ASSIGN(Linked linked, link(std::move(objects), options.target, run::kArtifactPage,
                                 {.functions = module.functions.size(),
                                  .expressions = facts.expressions.size(),
                                  .thunks = module.types.size()}));
  return write_artifact(facts, std::move(linked), options);
}

}  // namespace wasmedge::compile
