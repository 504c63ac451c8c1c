#include "runtime/wasi/command.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "runtime/base/quote.h"
#include "runtime/run/artifact_file.h"
#include "runtime/run/func_types.h"
#include "runtime/run/instance.h"
#include "runtime/run/store.h"
#include "runtime/wasi/env.h"
#include "runtime/wasi/functions.h"

namespace wasmedge::wasi {

namespace {

constexpr std::string_view kStart = "_start";
constexpr std::string_view kInitialize = "_initialize";
constexpr std::string_view kMemory = "memory";
constexpr size_t kListedExports = 8;

// What the module exports: "function "add", memory "memory" and 12 more".
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

bool is_wasi(std::string_view module) {
  return module == kPreview1 || module == kUnstable;
}

bool imports_wasi(const run::Artifact& artifact) {
  const auto imports = artifact.imports();
  return std::any_of(imports.begin(), imports.end(), [&](const run::ArtifactImport& import) {
    return is_wasi(artifact.string(import.module));
  });
}

// The function to run: exported, and of type [] -> [].
Result<run::Function> find_entry(run::Instance& instance, std::string_view name, bool reactor) {
  const run::Artifact& artifact = instance.artifact();
  const auto function = instance.find_function(name);
  if (!function) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: no exported function {}, where {} begins; the module exports {}{}",
                artifact.name(), quote(name), reactor ? "this run" : "a WASI program",
                list_exports(artifact),
                reactor ? ""
                        : ". If it is a library (a reactor), name the function to call; if it is "
                          "meant as a program, build it as a WASI command");
  }
  const wasm::FuncType& type = run::func_type(function->ref.type);
  if (!type.parameters.empty() || !type.results.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: exported function {} has type {}, and must have [] -> [] to be run",
                artifact.name(), quote(name), wasm::to_string(type));
  }
  return *function;
}

// Gives the functions the memory they read and write.
Result<> bind_memory(WasiEnv& env, run::Instance& instance) {
  const run::Artifact& artifact = instance.artifact();
  run::Memory* memory = instance.find_memory(kMemory);
  if (memory != nullptr) {
    env.memory.bind(memory->view());
  } else if (!artifact.memories().empty() && imports_wasi(artifact)) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: the module imports WASI functions, which use the memory exported as {}, and "
                "exports none of that name; it exports {}",
                artifact.name(), quote(kMemory), list_exports(artifact));
  }
  return {};
}

}  // namespace

struct Command::State {
  std::unique_ptr<WasiEnv> env;
  run::Store store;
  run::Instance* instance = nullptr;
  std::optional<run::Function> initialize;
  run::Function entry;
};

Command::Command(std::unique_ptr<State> state) : state_(std::move(state)) {}
Command::Command(Command&&) noexcept = default;
Command& Command::operator=(Command&&) noexcept = default;
Command::~Command() = default;

Result<Command> Command::prepare(std::shared_ptr<const run::Artifact> artifact, WasiConfig config,
                                 const std::string& reactor) {
  auto state = std::make_unique<State>();
  TRY_ASSIGN(state->env, WasiEnv::make(std::move(config)));
  WasiEnv& env = *state->env;
  const std::string name = artifact->name();
  auto linked = state->store.link(
      std::move(artifact), [&env](const run::ImportRequest& request) -> std::optional<run::Extern> {
        if (request.kind != wasm::ExternKind::kFunc) return std::nullopt;
        const auto function = find_function(env, request.module, request.name, request.func_type);
        return function ? std::optional<run::Extern>(*function) : std::nullopt;
      });
  if (!linked) return wrap(std::move(linked).error(), name);
  state->instance = *linked;
  TRY(bind_memory(env, *state->instance));
  if (!reactor.empty() && state->instance->find_function(kInitialize)) {
    TRY_ASSIGN(state->initialize, find_entry(*state->instance, kInitialize, true));
  }
  TRY_ASSIGN(state->entry,
             find_entry(*state->instance, reactor.empty() ? kStart : reactor, !reactor.empty()));
  return Command(std::move(state));
}

void Command::set_fuel(uint64_t fuel) {
  state_->store.set_fuel(fuel);
}

int Command::run(int trap_fd) {
  run::Outcome outcome = state_->instance->initialize();
  if (outcome.returned() && state_->initialize) outcome = run::call(*state_->initialize, {});
  if (outcome.returned()) outcome = run::call(state_->entry, {});
  switch (outcome.kind) {
    case run::Outcome::Kind::kReturned:
      return 0;
    case run::Outcome::Kind::kExited:
      return static_cast<int>(outcome.exit_status);
    case run::Outcome::Kind::kTrapped:
      break;
  }
  if (trap_fd >= 0) run::print_trap(trap_fd, outcome.trap);
  return kTrapStatus;
}

}  // namespace wasmedge::wasi
