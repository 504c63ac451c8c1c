#include "runtime/wasi/command.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "runtime/base/quote.h"
#include "runtime/run/artifact_file.h"
#include "runtime/run/func_types.h"
#include "runtime/run/instance.h"
#include "runtime/wasi/env.h"
#include "runtime/wasi/thread_instance.h"
#include "runtime/wasi/threads.h"
#include "runtime/wasi/time_limit.h"

namespace wasmedge::wasi {

namespace {

constexpr std::string_view kStart = "_start";
constexpr std::string_view kInitialize = "_initialize";

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

}  // namespace

struct Command::State {
  std::shared_ptr<Threads> threads;
  std::optional<run::Function> initialize;
  run::Function entry;
  std::optional<Bound> memory, fuel, time;

  /// Tells the log which limits the guest ran into.
  void report_limits(const run::Outcome& outcome);
};

Command::Command(std::unique_ptr<State> state) : state_(std::move(state)) {}
Command::Command(Command&&) noexcept = default;
Command& Command::operator=(Command&&) noexcept = default;
Command::~Command() = default;

Result<Command> Command::prepare(const std::shared_ptr<const run::Artifact>& artifact,
                                 WasiConfig config, const std::string& reactor) {
  auto state = std::make_unique<State>();
  state->memory = config.memory;
  state->fuel = config.fuel;
  state->time = config.time;
  const auto most_threads = config.threads;
  TRY_ASSIGN(auto env, WasiEnv::make(std::move(config)));
  const std::string name = artifact->name();
  auto first = ThreadInstance::first(artifact, std::move(env), state->memory);
  if (!first) return wrap(std::move(first).error(), name);
  TRY_ASSIGN(state->threads, Threads::make(std::move(*first), most_threads));
  if (state->fuel) state->threads->set_fuel(state->fuel->value);
  run::Instance& instance = state->threads->first().instance();
  if (!reactor.empty() && instance.find_function(kInitialize)) {
    TRY_ASSIGN(state->initialize, find_entry(instance, kInitialize, true));
  }
  TRY_ASSIGN(state->entry,
             find_entry(instance, reactor.empty() ? kStart : reactor, !reactor.empty()));
  return Command(std::move(state));
}

bool Command::may_spawn_threads() const {
  return state_->threads->may_spawn();
}

void Command::State::report_limits(const run::Outcome& outcome) {
  ThreadInstance& first = threads->first();
  Denials& denials = first.env().guest->denials;
  if (const uint64_t refused = first.store().memory_budget().refusals(); refused > 0) {
    denials.report(fmt::format("grow linear memory ({} times)", refused), memory->rule);
  }
  if (fuel && outcome.kind == run::Outcome::Kind::kTrapped &&
      outcome.trap.code == run::TrapCode::kOutOfFuel) {
    denials.report("run on", fuel->rule);
  }
}

int Command::run(int trap_fd) {
  Denials& denials = state_->threads->first().env().guest->denials;
  if (const auto& time = state_->time) {
    const auto set = limit_time(std::chrono::nanoseconds(time->value), denials.fd(), time->rule);
    if (!set) {  // no guest runs without the limit that it was given
      if (trap_fd >= 0) (void)write_all(trap_fd, set.error().message + "\n", "stderr");
      return kTrapStatus;
    }
  }
  const run::Outcome outcome = state_->threads->run([this] {
    run::Outcome ended = state_->threads->first().instance().initialize();
    if (ended.returned() && state_->initialize) ended = run::call(*state_->initialize, {});
    if (ended.returned()) ended = run::call(state_->entry, {});
    return ended;
  });
  state_->report_limits(outcome);
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
