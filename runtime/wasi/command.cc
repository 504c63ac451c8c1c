#include "runtime/wasi/command.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "runtime/base/quote.h"
#include "runtime/run/artifact_file.h"
#include "runtime/run/func_types.h"
#include "runtime/run/instance.h"
#include "runtime/wasi/call_text.h"
#include "runtime/wasi/env.h"
#include "runtime/wasi/thread_instance.h"
#include "runtime/wasi/threads.h"
#include "runtime/wasi/time_limit.h"

namespace wasmedge::wasi {

namespace {

constexpr std::string_view kStart = "_start";
constexpr std::string_view kInitialize = "_initialize";

Result<run::Function> find_entry(run::Instance& instance, std::string_view name, bool reactor) {
  const run::Artifact& artifact = instance.artifact();
  const auto function = instance.find_function(name);
  if (function) return *function;
  return fail(ErrorCode::kInvalidArgument,
              "{}: no exported function {}, where {} begins; the module exports {}{}",
              artifact.name(), quote(name), reactor ? "this run" : "a WASI program",
              list_exports(artifact),
              reactor ? ""
                      : ". If it is a library (a reactor), name the function to call: "
                        "MODULE#FUNCTION as a container's command, `wasmedge run --reactor MODULE "
                        "FUNCTION`; if it is meant as a program, build it as a WASI command");
}

/// For a function that begins a program, or initializes a library.
Result<> check_plain(const run::Function& function, std::string_view name,
                     const std::string& module) {
  const wasm::FuncType& type = run::func_type(function.ref.type);
  if (type.parameters.empty() && type.results.empty()) return {};
  return fail(ErrorCode::kInvalidArgument,
              "{}: exported function {} has type {}, and must have [] -> [] to be run", module,
              quote(name), wasm::to_string(type));
}

}  // namespace

struct Command::State {
  std::shared_ptr<Threads> threads;
  std::optional<run::Function> initialize;
  run::Function entry;
  std::vector<run::Value> values;  // the entry's arguments, then its results
  std::optional<Bound> memory, fuel, time;

  /// Of a library's function, if it has parameters: `texts`, but for the first, the program's name.
  Result<> take_arguments(const std::string& function, const std::vector<std::string>& texts);
  /// On stdout, a line each.
  Result<> tell_results() const;
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
  const std::vector<std::string> arguments = config.args;
  TRY_ASSIGN(auto env, WasiEnv::make(std::move(config)));
  const std::string name = artifact->name();
  auto first = ThreadInstance::first(artifact, std::move(env), state->memory);
  if (!first) return wrap(std::move(first).error(), name);
  TRY_ASSIGN(state->threads, Threads::make(std::move(*first), most_threads));
  if (state->fuel) state->threads->set_fuel(state->fuel->value);
  run::Instance& instance = state->threads->first().instance();
  if (reactor.empty()) {
    TRY_ASSIGN(state->entry, find_entry(instance, kStart, false));
    TRY(check_plain(state->entry, kStart, name));
  } else {
    TRY_ASSIGN(state->entry, find_entry(instance, reactor, true));
    state->initialize = instance.find_function(kInitialize);
    if (state->initialize) TRY(check_plain(*state->initialize, kInitialize, name));
    TRY(state->take_arguments(reactor, arguments));
  }
  return Command(std::move(state));
}

bool Command::may_spawn_threads() const {
  return state_->threads->may_spawn();
}

Result<> Command::State::take_arguments(const std::string& function,
                                        const std::vector<std::string>& texts) {
  const wasm::FuncType& type = run::func_type(entry.ref.type);
  if (!type.parameters.empty()) {
    const auto given = std::span(texts).subspan(texts.empty() ? 0 : 1);
    auto parsed = parse_values(type.parameters, given);
    if (!parsed) {
      return wrap(parsed.error(),
                  fmt::format("function {} of type {}", quote(function), wasm::to_string(type)));
    }
    values = std::move(*parsed);
  }
  values.resize(std::max(type.parameters.size(), type.results.size()));
  return {};
}

Result<> Command::State::tell_results() const {
  const std::string lines = format_values(run::func_type(entry.ref.type).results, values);
  return lines.empty() ? Result<>() : write_all(STDOUT_FILENO, lines, "stdout");
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
    if (ended.returned()) ended = run::call(state_->entry, state_->values);
    return ended;
  });
  state_->report_limits(outcome);
  switch (outcome.kind) {
    case run::Outcome::Kind::kReturned:
      if (const auto told = state_->tell_results(); !told) {
        if (trap_fd >= 0) (void)write_all(trap_fd, told.error().message + "\n", "stderr");
        return 1;
      }
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
