// Commands that make modules: decode, validate, compile, link, initialise.

#include "test/spec/runner.h"

namespace wasmedge::spec {

Runner::Definition Runner::define(const Json& command) {
  auto artifact = artifacts_.build(file_of(command));
  if (artifact) return {std::move(*artifact), std::nullopt};
  auto want = want_of(artifact.error());
  if (!want) failed(artifact.error().message);
  return {nullptr, std::move(want)};
}

Result<run::Instance*> Runner::link(const Definition& definition, std::optional<Want>& want) {
  const auto resolve = [&](const run::ImportRequest& request) -> std::optional<run::Extern> {
    if (request.module == "spectest") return spectest_->find(request.name);
    const auto found = registered_.find(request.module);
    if (found == registered_.end()) return std::nullopt;
    if (found->second.want) want = found->second.want;
    if (found->second.instance == nullptr) return std::nullopt;
    return found->second.instance->find_export(request.name);
  };
  return store_.link(definition.artifact, resolve);
}

Runner::Subject Runner::instantiate(const Definition& definition) {
  if (definition.want) {
    missing(*definition.want, false);
    return {nullptr, definition.want};
  }
  if (!definition.artifact) return {};  // failed, and said so
  std::optional<Want> want;
  auto instance = link(definition, want);
  if (!instance && want) {
    missing(*want, false);
    return {nullptr, want};
  }
  if (!instance) {
    failed(fmt::format("cannot be linked: {}", instance.error().message));
    return {};
  }
  const run::Outcome outcome = (*instance)->initialize();
  if (!outcome.returned()) {
    failed(fmt::format("cannot be initialised: {}", run::to_string(outcome.trap)));
    return {};
  }
  ++tally_.modules;
  return {*instance, std::nullopt};
}

void Runner::bind(const Json& name, const Subject& subject) {
  current_ = subject;
  if (name.is_string()) named_[name.get<std::string>()] = subject;
}

void Runner::module(const Json& command) {
  if (is_text(command)) {
    ++tally_.text;
    return bind(command.value("name", Json()), {});
  }
  bind(command.value("name", Json()), instantiate(define(command)));
}

void Runner::module_definition(const Json& command) {
  current_definition_ = define(command);
  if (current_definition_.want) missing(*current_definition_.want, false);
  if (command.contains("name")) {
    definitions_[command.at("name").get<std::string>()] = current_definition_;
  }
}

void Runner::module_instance(const Json& command) {
  Definition definition = current_definition_;
  if (command.contains("module")) {
    const auto found = definitions_.find(command.at("module").get_ref<const std::string&>());
    if (found == definitions_.end()) return failed("instance of an unknown module definition");
    definition = found->second;
  }
  bind(command.value("instance", Json()), instantiate(definition));
}

void Runner::assert_refused(const Json& command, std::string_view kind) {
  if (is_text(command)) {
    ++tally_.text;
    return;
  }
  const Result<> valid = validate_file(file_of(command));
  const auto& text = command.at("text").get_ref<const std::string&>();
  if (valid) {
    // Scripts of proposals that branched off before these restrictions fell.
    if (text == "multiple memories" || text == "multiple tables") {
      ++tally_.superseded;
      return;
    }
    return failed(fmt::format("accepted, but it is {}: {}", kind, text));
  }
  if (const auto want = want_of(valid.error())) return missing(*want, true);
  // Refused for another kind of reason is refused by accident.
  if (!valid.error().message.starts_with(fmt::format("{} module", kind))) {
    return failed(fmt::format("should be {} ({}), but: {}", kind, text, valid.error().message));
  }
  passed();
}

void Runner::assert_unlinkable(const Json& command) {
  const Definition definition = define(command);
  if (definition.want) return missing(*definition.want, true);
  if (!definition.artifact) return;  // failed, and said so
  std::optional<Want> want;
  const auto instance = link(definition, want);
  if (instance) return failed("linked, but it is unlinkable");
  if (want) return missing(*want, true);
  const auto& text = command.at("text").get_ref<const std::string&>();
  if (instance.error().message.find(text) == std::string::npos) {
    return failed(fmt::format("expected {}, but: {}", text, instance.error().message));
  }
  passed();
}

void Runner::assert_uninstantiable(const Json& command) {
  const Definition definition = define(command);
  if (definition.want) return missing(*definition.want, true);
  if (!definition.artifact) return;
  std::optional<Want> want;
  const auto instance = link(definition, want);
  if (!instance && want) return missing(*want, true);
  if (!instance) return failed(fmt::format("cannot be linked: {}", instance.error().message));
  const run::Outcome outcome = (*instance)->initialize();
  if (outcome.returned()) return failed("initialised, but it should trap");
  const auto& text = command.at("text").get_ref<const std::string&>();
  if (!text.starts_with(run::trap_text(outcome.trap.code))) {
    return failed(fmt::format("expected {}, but: {}", text, run::to_string(outcome.trap)));
  }
  passed();
}

}  // namespace wasmedge::spec
