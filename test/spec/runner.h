#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "runtime/run/store.h"
#include "test/spec/artifacts.h"
#include "test/spec/machine.h"
#include "test/spec/tally.h"

namespace wasmedge::spec {

/// Runs one script of the suite (wabt's wast2json format). A module that decoder, validator or
/// compiler answer with "needs the … feature" is a gap: it and everything said about it count as
/// not covered, for want of that feature. Nothing else is excused.
class Runner {
 public:
  /// `name` stands for the script in results; `progress` is told each command's line.
  Runner(std::filesystem::path script, std::string name, Artifacts artifacts,
         std::function<void(uint32_t line)> progress);
  Tally run();

 private:
  using Json = nlohmann::json;

  /// A feature that something would need, and who said so.
  struct Want {
    std::string feature;
    std::string reason;
  };
  /// What a name, or "the current module", stands for: an instance, or why there is none.
  struct Subject {
    run::Instance* instance = nullptr;
    std::optional<Want> want;
  };
  struct Definition {
    std::shared_ptr<const run::Artifact> artifact;
    std::optional<Want> want;
  };
  /// How an action ended; results with their types.
  struct Done {
    run::Outcome outcome;
    std::vector<wasm::ValueType> types;
    std::vector<run::Value> values;
  };

  static std::optional<Want> want_of(const Error& error);
  std::filesystem::path file_of(const Json& command) const;
  bool is_text(const Json& command) const;

  void command(const Json& command);
  void module(const Json& command);
  void module_definition(const Json& command);
  void module_instance(const Json& command);
  void register_module(const Json& command);
  void action_command(const Json& command);
  void assert_return(const Json& command);
  void assert_trap(const Json& command);
  void assert_exception(const Json& command);
  void assert_refused(const Json& command, std::string_view kind);
  void assert_unlinkable(const Json& command);
  void assert_uninstantiable(const Json& command);

  Definition define(const Json& command);
  /// `want` is set if an import is a gap.
  Result<run::Instance*> link(const Definition& definition, std::optional<Want>& want);
  Subject instantiate(const Definition& definition);
  void bind(const Json& name, const Subject& subject);
  const Subject* subject_of(const Json& action) const;
  Result<Done> act(run::Instance& instance, const Json& action);
  /// The instance that an assertion's action is about; nullptr if that is accounted for already.
  run::Instance* acting_on(const Json& command);

  void passed() { ++tally_.assertions; }
  void failed(std::string_view why);
  void missing(const Want& want, bool is_assertion);

  std::filesystem::path script_;
  std::string name_;
  Artifacts artifacts_;
  std::function<void(uint32_t)> progress_;
  uint32_t line_ = 0;
  Tally tally_;
  run::Store store_;
  std::optional<Spectest> spectest_;
  Subject current_;
  Definition current_definition_;
  std::map<std::string, Subject, std::less<>> named_;
  std::map<std::string, Definition, std::less<>> definitions_;
  std::map<std::string, Subject, std::less<>> registered_;
};

}  // namespace wasmedge::spec
