#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/run/instance.h"
#include "runtime/run/store.h"
#include "runtime/wasi/env.h"

namespace wasmedge::wasi {

class Threads;

/// What one thread of a guest runs: an instance of the guest's module with globals and tables of
/// its own, over the memories that all of them share, and that thread's WasiEnv.
///
/// Shared are the memories that the module imports as shared, whatever their names, and those that
/// it defines as shared. The first thread's instance owns them.
class ThreadInstance {
 public:
  /// Of a guest's first thread. Runs no guest code. Errors: Store::link's; no memory that WASI's
  /// functions could use: neither one exported as "memory" nor an imported shared one. `memory`
  /// bounds the linear memories of all threads together.
  static Result<std::unique_ptr<ThreadInstance>> first(
      const std::shared_ptr<const run::Artifact>& artifact, std::unique_ptr<WasiEnv> env,
      const std::optional<Bound>& memory);
  /// Of another thread; `first` must outlive it. Likewise.
  static Result<std::unique_ptr<ThreadInstance>> another(ThreadInstance& first);

  ThreadInstance(const ThreadInstance&) = delete;
  ThreadInstance& operator=(const ThreadInstance&) = delete;

  WasiEnv& env() { return *env_; }
  run::Store& store() { return store_; }
  run::Instance& instance() { return *instance_; }

  /// Where wasi.thread-spawn leads; null: nowhere yet.
  Threads* threads = nullptr;

 private:
  // An imported shared memory. Imports of the same name are one memory.
  struct SharedMemory {
    std::string_view module;  // both in the artifact
    std::string_view name;
    run::Memory* memory;
  };

  explicit ThreadInstance(std::unique_ptr<WasiEnv> env) : env_(std::move(env)) {}
  Result<> make_shared_memories(const run::Artifact& artifact);
  run::Memory* find_shared(std::string_view module, std::string_view name) const;
  Result<> link(const std::shared_ptr<const run::Artifact>& artifact, ThreadInstance* first);
  Result<> bind_memory(const ThreadInstance& first);

  std::unique_ptr<WasiEnv> env_;
  run::Store store_;
  std::vector<SharedMemory> shared_;  // in the first only
  std::shared_ptr<const run::Artifact> artifact_;
  run::Instance* instance_ = nullptr;
};

/// What the module exports, for messages: "function "add", memory "memory" and 12 more".
std::string list_exports(const run::Artifact& artifact);

}  // namespace wasmedge::wasi
