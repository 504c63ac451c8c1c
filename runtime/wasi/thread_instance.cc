#include "runtime/wasi/thread_instance.h"

#include <algorithm>
#include <utility>

#include "runtime/base/quote.h"
#include "runtime/run/artifact_file.h"
#include "runtime/run/artifact_types.h"
#include "runtime/wasi/functions.h"
#include "runtime/wasi/threads.h"

namespace wasmedge::wasi {

namespace {

constexpr std::string_view kMemory = "memory";
constexpr size_t kListedExports = 8;

bool imports_wasi(const run::Artifact& artifact) {
  const auto imports = artifact.imports();
  return std::any_of(imports.begin(), imports.end(), [&](const run::ArtifactImport& import) {
    const std::string_view module = artifact.string(import.module);
    return module == kPreview1 || module == kUnstable;
  });
}

}  // namespace

std::string list_exports(const run::Artifact& artifact) {
  const auto exports = artifact.exports();
  if (exports.empty()) return "nothing";
  std::string text;
  for (const run::ArtifactExport& each : exports.first(std::min(exports.size(), kListedExports))) {
    if (!text.empty()) text += ", ";
    text += wasm::to_string(static_cast<wasm::ExternKind>(each.kind));
    text += ' ';
    text += quote(artifact.string(each.name));
  }
  if (exports.size() > kListedExports) {
    text += fmt::format(" and {} more", exports.size() - kListedExports);
  }
  return text;
}

Result<std::unique_ptr<ThreadInstance>> ThreadInstance::first(
    const std::shared_ptr<const run::Artifact>& artifact, std::unique_ptr<WasiEnv> env,
    const std::optional<Bound>& memory) {
  std::unique_ptr<ThreadInstance> made(new ThreadInstance(std::move(env)));
  run::MemoryBudget& budget = made->store_.memory_budget();
  if (memory) budget.limit(memory->value);
  auto linked = made->make_shared_memories(*artifact);
  if (linked) linked = made->link(artifact, nullptr);
  if (!linked && budget.refusals() > 0) return wrap(std::move(linked).error(), memory->rule);
  TRY(linked);
  return made;
}

Result<std::unique_ptr<ThreadInstance>> ThreadInstance::another(ThreadInstance& first) {
  std::unique_ptr<ThreadInstance> made(new ThreadInstance(WasiEnv::make(first.env().guest)));
  made->store_.share_memory_budget(first.store_);
  TRY(made->link(first.artifact_, &first));
  made->threads = first.threads;
  return made;
}

Result<> ThreadInstance::make_shared_memories(const run::Artifact& artifact) {
  for (const run::ArtifactImport& import : artifact.imports()) {
    if (static_cast<wasm::ExternKind>(import.kind) != wasm::ExternKind::kMemory) continue;
    const run::ArtifactMemory& memory = artifact.memories()[import.index];
    const auto module = artifact.string(import.module), name = artifact.string(import.name);
    if (memory.limits.shared == 0 || find_shared(module, name) != nullptr) continue;
    TRY_ASSIGN(run::Memory * made,
               store_.add_memory({run::unpack_limits(memory.limits), memory.page_log2}));
    shared_.push_back({module, name, made});
  }
  return {};
}

run::Memory* ThreadInstance::find_shared(std::string_view module, std::string_view name) const {
  for (const SharedMemory& each : shared_) {
    if (each.module == module && each.name == name) return each.memory;
  }
  return nullptr;
}

Result<> ThreadInstance::link(const std::shared_ptr<const run::Artifact>& artifact,
                              ThreadInstance* first) {
  artifact_ = artifact;
  const ThreadInstance& memories = first != nullptr ? *first : *this;
  const auto resolve = [&](const run::ImportRequest& import) -> std::optional<run::Extern> {
    if (import.kind == wasm::ExternKind::kMemory) {
      run::Memory* memory = memories.find_shared(import.module, import.name);
      return memory != nullptr ? std::optional<run::Extern>(memory) : std::nullopt;
    }
    if (import.kind != wasm::ExternKind::kFunc) return std::nullopt;
    if (Threads::is_spawn(import.module, import.name)) return Threads::spawn_function(*this);
    const auto function = find_function(*env_, import.module, import.name, import.func_type);
    return function ? std::optional<run::Extern>(*function) : std::nullopt;
  };
  TRY_ASSIGN(instance_,
             store_.link(artifact, resolve, first != nullptr ? first->instance_ : nullptr));
  return bind_memory(memories);
}

// Gives the functions the memory they read and write.
Result<> ThreadInstance::bind_memory(const ThreadInstance& first) {
  run::Memory* memory = instance_->find_memory(kMemory);
  if (memory == nullptr && !first.shared_.empty()) memory = first.shared_.front().memory;
  if (memory != nullptr) {
    env_->memory.bind(memory->view());
  } else if (!artifact_->memories().empty() && imports_wasi(*artifact_)) {
    return fail(ErrorCode::kInvalidArgument,
                "the module imports WASI functions, which use the memory exported as {}, and "
                "exports none of that name; it exports {}",
                quote(kMemory), list_exports(*artifact_));
  }
  return {};
}

}  // namespace wasmedge::wasi
