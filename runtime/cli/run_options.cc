#include "runtime/cli/run_options.h"

#include <charconv>
#include <limits>
#include <string_view>

namespace wasmedge::cli {
namespace {

Result<Directory> parse_directory(std::string_view text) {
  const size_t first = text.find(':');
  const std::string_view host = text.substr(0, first);
  if (first == std::string_view::npos) {
    if (host.empty()) return fail(ErrorCode::kInvalidArgument, "--dir: the directory is missing");
    return Directory{std::string(host), std::string(host)};
  }
  // wasmtime has two colons there.
  const bool doubled = text.substr(first).starts_with("::");
  const std::string_view rest = text.substr(first + (doubled ? 2 : 1));
  const size_t second = rest.find(':');
  const std::string_view guest = rest.substr(0, second);
  const std::string_view mode = second == std::string_view::npos ? "" : rest.substr(second + 1);
  if (second == std::string_view::npos && guest == "ro") {
    return fail(ErrorCode::kInvalidArgument,
                "--dir {}: for a read-only directory write {}:{}:ro, for one that the guest calls "
                "\"ro\" write {}:./ro",
                text, host, host, host);
  }
  if (host.empty() || guest.empty() || (second != std::string_view::npos && mode != "ro")) {
    return fail(ErrorCode::kInvalidArgument, "--dir {}: expected HOST:GUEST or HOST:GUEST:ro",
                text);
  }
  return Directory{std::string(host), std::string(guest), mode == "ro"};
}

Result<std::string> parse_variable(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "--env {}: expected KEY=VALUE", text);
  }
  return std::string(text);
}

// Whole milliseconds at least: the timer's zero would mean "never".
Result<std::chrono::nanoseconds> parse_seconds(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || !(seconds >= 0.001) ||
      seconds > 1e9) {
    return fail(ErrorCode::kInvalidArgument,
                "--time-limit {}: expected seconds, from 0.001 to 1000000000", text);
  }
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(seconds));
}

Result<uint64_t> parse_fuel(std::string_view text) {
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  uint64_t fuel = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), fuel);
  if (error != std::errc() || end != text.data() + text.size() || fuel > kMost) {
    return fail(ErrorCode::kInvalidArgument, "--fuel {}: expected a number of instructions, to {}",
                text, kMost);
  }
  return fuel;
}

Result<> set(RunOptions& options, std::string_view option, std::string_view value) {
  if (option == "--dir") {
    TRY_ASSIGN(auto directory, parse_directory(value));
    options.directories.push_back(std::move(directory));
  } else if (option == "--time-limit") {
    TRY_ASSIGN(options.time_limit, parse_seconds(value));
  } else if (option == "--fuel") {
    TRY_ASSIGN(options.fuel, parse_fuel(value));
  } else {
    TRY_ASSIGN(auto variable, parse_variable(value));
    options.environment.push_back(std::move(variable));
  }
  return {};
}

}  // namespace

Result<RunOptions> parse_run_options(Arguments arguments) {
  RunOptions options;
  size_t next = 0;
  for (; next < arguments.size(); ++next) {
    const std::string_view argument = arguments[next];
    if (argument == "--") {
      ++next;
      break;
    }
    if (!argument.starts_with('-') || argument == "-") break;
    if (argument == "--help" || argument == "-h") {
      options.help = true;
      return options;
    }
    if (argument == "--perfmap" || argument == "--debug") {
      (argument == "--debug" ? options.debug : options.perf_map) = true;
      continue;
    }
    if (argument == "--reactor") {
      options.reactor = true;
      continue;
    }
    if (argument == "--trace=wasi") {
      options.trace = true;
      continue;
    }
    const size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    if (name == "--trace") {
      return fail(ErrorCode::kInvalidArgument, "{}: expected --trace=wasi", argument);
    }
    if (name != "--dir" && name != "--env" && name != "--time-limit" && name != "--fuel") {
      return fail(ErrorCode::kInvalidArgument, "unknown option {}", argument);
    }
    if (equals != std::string_view::npos) {
      TRY(set(options, name, argument.substr(equals + 1)));
    } else if (++next < arguments.size()) {
      TRY(set(options, name, arguments[next]));
    } else {
      return fail(ErrorCode::kInvalidArgument, "{}: its value is missing", name);
    }
  }
  options.guest.assign(arguments.begin() + static_cast<ptrdiff_t>(next), arguments.end());
  if (options.guest.empty())
    return fail(ErrorCode::kInvalidArgument, "which module? No file is named");
  if (options.reactor) {
    if (options.guest.size() < 2) {
      return fail(ErrorCode::kInvalidArgument,
                  "--reactor: which function of {}? `wasmedge inspect` lists what it exports",
                  options.guest[0]);
    }
    options.function = options.guest[1];
    options.guest.erase(options.guest.begin() + 1);
  }
  return options;
}

}  // namespace wasmedge::cli
