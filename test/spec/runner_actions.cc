// Commands that act on instances, and compare what comes back.

#include <algorithm>

#include "runtime/run/func_types.h"
#include "test/spec/runner.h"
#include "test/spec/values.h"

namespace wasmedge::spec {

namespace {

/// The suite's texts may say more ("uninitialized element 2") or less ("undefined") than ours.
bool same_trap(std::string_view expected, std::string_view found) {
  return expected.starts_with(found) || found.starts_with(expected);
}

}  // namespace

run::Instance* Runner::acting_on(const Json& command) {
  const bool is_assertion = command.at("type") != "action";
  const Subject* subject = subject_of(command.at("action"));
  if (subject == nullptr) {
    failed("acts on an unknown module");
    return nullptr;
  }
  if (subject->want) {
    if (is_assertion) missing(*subject->want, true);
    return nullptr;
  }
  if (subject->instance == nullptr) failed("acts on a module that was not instantiated");
  return subject->instance;
}

Result<Runner::Done> Runner::act(run::Instance& instance, const Json& action) {
  const auto& field = action.at("field").get_ref<const std::string&>();
  Done done;
  if (action.at("type") == "get") {
    const auto found = instance.find_export(field);
    if (!found || !std::holds_alternative<run::Global>(*found)) {
      return fail(ErrorCode::kNotFound, "no exported global {}", field);
    }
    const auto& global = std::get<run::Global>(*found);
    done.types = {global.type.value};
    done.values = {*global.cell};
    return done;
  }
  const auto function = instance.find_function(field);
  if (!function) return fail(ErrorCode::kNotFound, "no exported function {}", field);
  const wasm::FuncType& type = run::func_type(function->ref.type);
  const Json& args = action.at("args");
  if (args.size() != type.parameters.size()) {
    return fail(ErrorCode::kInvalidArgument, "{} arguments for a function of type {}", args.size(),
                wasm::to_string(type));
  }
  for (const Json& arg : args) {
    TRY_ASSIGN(const run::Value value, parse_argument(arg));
    done.values.push_back(value);
  }
  done.values.resize(std::max(type.parameters.size(), type.results.size()));
  done.types = type.results;
  done.outcome = run::call(*function, done.values);
  return done;
}

void Runner::action_command(const Json& command) {
  run::Instance* instance = acting_on(command);
  if (instance == nullptr) return;
  const auto done = act(*instance, command.at("action"));
  if (!done) return failed(done.error().message);
  if (!done->outcome.returned()) failed(run::to_string(done->outcome.trap));
}

void Runner::assert_return(const Json& command) {
  run::Instance* instance = acting_on(command);
  if (instance == nullptr) return;
  const Json& action = command.at("action");
  const auto done = act(*instance, action);
  if (!done) return failed(done.error().message);
  if (!done->outcome.returned()) {
    return failed(fmt::format("{}: {}", action.dump(), run::to_string(done->outcome.trap)));
  }
  const Json& expected = command.at("expected");
  if (expected.size() != done->types.size()) {
    return failed(fmt::format("{} results, expected {}", done->types.size(), expected.size()));
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto same = check_result(expected[i], done->types[i], done->values[i]);
    if (!same) return failed(fmt::format("{}: {}", action.dump(), same.error().message));
  }
  passed();
}

void Runner::assert_exception(const Json& command) {
  run::Instance* instance = acting_on(command);
  if (instance == nullptr) return;
  const Json& action = command.at("action");
  const auto done = act(*instance, action);
  if (!done) return failed(done.error().message);
  if (done->outcome.returned()) {
    return failed(fmt::format("{}: returned, but it should throw", action.dump()));
  }
  if (done->outcome.trap.code != run::TrapCode::kUncaughtException) {
    return failed(fmt::format("{}: expected an exception, but: {}", action.dump(),
                              run::to_string(done->outcome.trap)));
  }
  passed();
}

void Runner::assert_trap(const Json& command) {
  run::Instance* instance = acting_on(command);
  if (instance == nullptr) return;
  const Json& action = command.at("action");
  const auto& text = command.at("text").get_ref<const std::string&>();
  const auto done = act(*instance, action);
  if (!done) return failed(done.error().message);
  if (done->outcome.returned()) {
    return failed(fmt::format("{}: returned, but it should trap: {}", action.dump(), text));
  }
  if (!same_trap(text, run::trap_text(done->outcome.trap.code))) {
    return failed(fmt::format("{}: expected {}, but: {}", action.dump(), text,
                              run::to_string(done->outcome.trap)));
  }
  passed();
}

}  // namespace wasmedge::spec
