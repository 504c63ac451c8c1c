#include <fcntl.h>
#include <unistd.h>

#include "runtime/cli/command.h"
#include "runtime/cli/help.h"
#include "runtime/cli/module.h"
#include "runtime/cli/run_options.h"
#include "runtime/cli/tell.h"
#include "runtime/run/debugger.h"
#include "runtime/run/perf_map.h"
#include "runtime/wasi/command.h"

namespace wasmedge::cli {
namespace {

Result<wasi::WasiConfig> make_config(const RunOptions& options) {
  wasi::WasiConfig config;
  config.args = options.guest;
  config.env = options.environment;
  if (options.trace) config.trace = STDERR_FILENO;
  for (const Directory& directory : options.directories) {
    auto opened = open_file(directory.host, O_PATH | O_DIRECTORY);
    if (!opened) return wrap(opened.error(), fmt::format("--dir {}", directory.host));
    config.preopens.push_back({std::move(*opened), directory.guest, directory.read_only});
  }
  if (options.fuel) config.fuel = wasi::Bound{*options.fuel, "--fuel"};
  if (options.time_limit) {
    config.time = wasi::Bound{static_cast<uint64_t>(options.time_limit->count()), "--time-limit"};
  }
  return config;
}

Result<wasi::Command> prepare(const RunOptions& options) {
  TRY_ASSIGN(auto config, make_config(options));
  TRY_ASSIGN(const ModuleFile module, open_module(options.guest.front()));
  TRY_ASSIGN(auto artifact, load_artifact(module, options.fuel.has_value()));
  if (options.perf_map) TRY(run::write_perf_map(*artifact));
  if (options.debug || run::is_debugged()) run::tell_debugger(*artifact);
  return wasi::Command::prepare(artifact, std::move(config), options.function);
}

}  // namespace

int run_command(Arguments arguments) {
  const auto options = parse_run_options(arguments);
  if (!options) return usage_error(options.error(), "run");
  if (options->help) return print(kRunHelp);
  auto command = prepare(*options);
  if (!command) return failure(command.error());
  // Nothing is buffered, and the kernel takes the memory back faster than destructors.
  ::_exit(command->run());
}

}  // namespace wasmedge::cli
