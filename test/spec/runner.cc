#include "test/spec/runner.h"

#include "runtime/base/fd.h"

namespace wasmedge::spec {

Runner::Runner(std::filesystem::path script, std::string name, Artifacts artifacts,
               std::function<void(uint32_t line)> progress)
    : script_(std::move(script)),
      name_(std::move(name)),
      artifacts_(std::move(artifacts)),
      progress_(std::move(progress)) {}

Tally Runner::run() {
  constexpr size_t kScriptBytes = size_t{1} << 30;
  auto spectest = Spectest::make(store_);
  auto text = read_file(script_, kScriptBytes);
  if (!spectest || !text) {
    failed(spectest ? text.error().message : spectest.error().message);
    return tally_;
  }
  spectest_ = std::move(*spectest);
  const Json script = Json::parse(*text);
  for (const Json& one : script.at("commands")) {
    line_ = one.at("line").get<uint32_t>();
    progress_(line_);
    command(one);
  }
  tally_.compiled = artifacts_.compiled();
  tally_.from_cache = artifacts_.from_cache();
  return tally_;
}

void Runner::command(const Json& command) {
  const auto& type = command.at("type").get_ref<const std::string&>();
  if (type == "module") return module(command);
  if (type == "module_definition") return module_definition(command);
  if (type == "module_instance") return module_instance(command);
  if (type == "register") return register_module(command);
  if (type == "action") return action_command(command);
  if (type == "assert_return") return assert_return(command);
  if (type == "assert_trap" || type == "assert_exhaustion") return assert_trap(command);
  if (type == "assert_invalid") return assert_refused(command, "invalid");
  if (type == "assert_malformed") return assert_refused(command, "malformed");
  if (type == "assert_unlinkable") return assert_unlinkable(command);
  if (type == "assert_uninstantiable") return assert_uninstantiable(command);
  if (type == "assert_exception") return assert_exception(command);
  failed(fmt::format("unknown command {}", type));
}

void Runner::failed(std::string_view why) {
  tally_.failures.push_back(fmt::format("{}:{}: {}", name_, line_, why));
}

void Runner::missing(const Want& want, bool is_assertion) {
  Gap& gap = tally_.gaps[want.feature];
  if (gap.reason.empty()) gap.reason = fmt::format("{}:{}: {}", name_, line_, want.reason);
  uint64_t& in_script = gap.scripts[name_];
  if (is_assertion) {
    ++gap.assertions;
    ++in_script;
  } else {
    ++gap.modules;
  }
}

std::optional<Runner::Want> Runner::want_of(const Error& error) {
  constexpr std::string_view kBefore = "needs the ";
  constexpr std::string_view kAfter = " feature, which is not supported";
  if (error.code != ErrorCode::kUnimplemented) return std::nullopt;
  const size_t start = error.message.find(kBefore);
  const size_t end = error.message.find(kAfter);
  if (start == std::string::npos || end == std::string::npos) return std::nullopt;
  const size_t first = start + kBefore.size();
  return Want{error.message.substr(first, end - first), error.message};
}

std::filesystem::path Runner::file_of(const Json& command) const {
  const char* key = command.contains("binary_filename") ? "binary_filename" : "filename";
  return script_.parent_path() / command.at(key).get_ref<const std::string&>();
}

bool Runner::is_text(const Json& command) const {
  return file_of(command).extension() != ".wasm";
}

void Runner::register_module(const Json& command) {
  const auto& as = command.at("as").get_ref<const std::string&>();
  if (!command.contains("name")) {
    registered_[as] = current_;
    return;
  }
  const auto found = named_.find(command.at("name").get_ref<const std::string&>());
  if (found == named_.end()) return failed("register of an unknown module");
  registered_[as] = found->second;
}

const Runner::Subject* Runner::subject_of(const Json& action) const {
  if (!action.contains("module")) return &current_;
  const auto found = named_.find(action.at("module").get_ref<const std::string&>());
  return found == named_.end() ? nullptr : &found->second;
}

}  // namespace wasmedge::spec
