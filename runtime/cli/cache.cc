#include "runtime/cli/cache.h"

#include <algorithm>
#include <array>

#include "runtime/cli/help.h"
#include "runtime/cli/tell.h"

namespace wasmedge::cli {
namespace {

/// An option, and which subcommands have it.
struct Switch {
  std::string_view name;
  bool CacheOptions::* member;
  std::string_view commands;
};
constexpr std::array kSwitches = {
    Switch{"--json", &CacheOptions::json, "ls stat prune"},
    Switch{"--remove", &CacheOptions::remove, "verify"},
    Switch{"--all", &CacheOptions::all, "prune"},
    Switch{"--unusable", &CacheOptions::unusable, "prune"},
    Switch{"--dry-run", &CacheOptions::dry_run, "prune"},
};

struct Value {
  std::string_view name;
  std::string CacheOptions::* member;
  std::string_view commands;
};
constexpr std::array kValues = {
    Value{"--max-size", &CacheOptions::max_size, "prune"},
    Value{"--max-age", &CacheOptions::max_age, "prune"},
    Value{"--address", &CacheOptions::address, "warm"},
    Value{"--namespace", &CacheOptions::namespace_name, "warm"},
};

struct Command {
  std::string_view name;
  Result<int> (*run)(const CacheOptions&);
};
constexpr std::array kCommands = {
    Command{"ls", cache_ls},       Command{"stat", cache_stat}, Command{"verify", cache_verify},
    Command{"prune", cache_prune}, Command{"warm", cache_warm},
};

template <typename Options>
auto find(const Options& options, std::string_view name, std::string_view command) {
  const auto* const found = std::find_if(options.begin(), options.end(), [&](const auto& option) {
    return option.name == name && option.commands.find(command) != std::string_view::npos;
  });
  return found == options.end() ? nullptr : found;
}

Result<CacheOptions> parse(std::string_view command, Arguments arguments) {
  CacheOptions options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    const size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    if (argument == "--help" || argument == "-h") {
      options.help = true;
      return options;
    }
    if (!argument.starts_with('-')) {
      options.names.emplace_back(argument);
    } else if (const auto* option = find(kSwitches, argument, command)) {
      options.*option->member = true;
    } else if (const auto* value = find(kValues, name, command)) {
      if (equals == std::string_view::npos && ++i == arguments.size()) {
        return fail(ErrorCode::kInvalidArgument, "{}: its value is missing", name);
      }
      options.*value->member =
          equals == std::string_view::npos ? arguments[i] : argument.substr(equals + 1);
    } else {
      return fail(ErrorCode::kInvalidArgument, "cache {}: unknown option {}", command, argument);
    }
  }
  if (command != "warm" && !options.names.empty()) {
    return fail(ErrorCode::kInvalidArgument, "cache {}: {} is too much", command,
                options.names.front());
  }
  if (command == "warm" && options.names.empty()) {
    return fail(ErrorCode::kInvalidArgument, "cache warm: which module or image?");
  }
  return options;
}

}  // namespace

Result<cache::Store> open_cache() {
  TRY_ASSIGN(const std::string directory, cache::default_directory());
  return cache::Store::open(directory);
}

int cache_command(Arguments arguments) {
  const std::string_view name = arguments.empty() ? "" : arguments[0];
  if (name == "--help" || name == "-h") return print(kCacheHelp);
  const auto* const command = std::find_if(kCommands.begin(), kCommands.end(),
                                           [&](const Command& each) { return each.name == name; });
  if (command == kCommands.end()) {
    return usage_error({ErrorCode::kInvalidArgument,
                        fmt::format("cache {}: there are ls, stat, verify, prune and warm", name)},
                       "cache");
  }
  const auto options = parse(name, arguments.subspan(1));
  if (!options) return usage_error(options.error(), "cache");
  if (options->help) return print(kCacheHelp);
  const auto status = command->run(*options);
  return status ? *status : failure(status.error());
}

}  // namespace wasmedge::cli
