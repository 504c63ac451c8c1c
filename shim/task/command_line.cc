#include "shim/task/command_line.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace wasmedge::task {
namespace {

using Action = CommandLine::Action;

struct ValueFlag {
  std::string_view name;
  std::string CommandLine::* field;
};
constexpr std::array<ValueFlag, 8> kValueFlags = {{
    {"namespace", &CommandLine::namespace_name},
    {"address", &CommandLine::address},
    {"publish-binary", &CommandLine::publish_binary},
    {"id", &CommandLine::id},
    {"bundle", &CommandLine::bundle},
    {"config", &CommandLine::config},
    {"ceiling", &CommandLine::ceiling},
    {"output", &CommandLine::output},
}};

std::string CommandLine::* value_field(std::string_view name) {
  for (const ValueFlag& flag : kValueFlags) {
    if (flag.name == name) return flag.field;
  }
  return nullptr;
}

Result<> set_switch(CommandLine& line, std::string_view name) {
  if (name == "debug") {
    line.debug = true;
  } else if (name == "json") {
    line.json = true;
  } else if (name == "v" || name == "version") {
    line.action = Action::kVersion;
  } else if (name == "info") {
    line.action = Action::kInfo;
  } else {
    return fail(ErrorCode::kInvalidArgument,
                "unknown flag -{}; containerd passes -namespace, -address, -publish-binary, -id, "
                "-bundle and -debug",
                name);
  }
  return {};
}

Result<> set_action(CommandLine& line, std::string_view word) {
  if (word == "start") {
    line.action = Action::kStart;
  } else if (word == "delete") {
    line.action = Action::kDelete;
  } else if (word == "append") {
    line.action = Action::kAppend;
  } else if (word == "policy") {
    line.action = Action::kPolicy;
  } else if (word == "metrics") {
    line.action = Action::kMetrics;
  } else if (word == "doctor") {
    line.action = Action::kDoctor;
  } else {
    return fail(ErrorCode::kInvalidArgument,
                "unknown action \"{}\"; there are start, delete, policy, metrics and doctor", word);
  }
  return {};
}

Result<> check(const CommandLine& line) {
  if (line.action == Action::kPolicy) {
    if (!line.config.empty()) return {};
    return fail(ErrorCode::kInvalidArgument, "the flag -config is missing");
  }
  if (line.action == Action::kInfo || line.action == Action::kVersion ||
      line.action == Action::kAppend || line.action == Action::kMetrics ||
      line.action == Action::kDoctor) {
    return {};
  }
  for (const ValueFlag& flag : {kValueFlags[0], kValueFlags[1], kValueFlags[3]}) {
    if ((line.*flag.field).empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  "the flag -{} is missing; this program is a "
                  "containerd shim and is run by containerd",
                  flag.name);
    }
  }
  return {};
}

}  // namespace

Result<CommandLine> parse_command_line(std::span<const char* const> arguments) {
  CommandLine line;
  for (size_t i = 0; i < arguments.size(); i++) {
    std::string_view word = arguments[i];
    if (!word.starts_with('-')) {
      TRY(set_action(line, word));
      continue;
    }
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    std::string CommandLine::* const field = value_field(name);
    if (field == nullptr) {
      TRY(set_switch(line, name));
    } else if (equals != std::string_view::npos) {
      line.*field = word.substr(equals + 1);
    } else if (++i < arguments.size()) {
      line.*field = arguments[i];
    } else {
      return fail(ErrorCode::kInvalidArgument, "the flag -{} needs a value", name);
    }
  }
  TRY(check(line));
  return line;
}

}  // namespace wasmedge::task
