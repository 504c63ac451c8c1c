#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "runtime/base/cpu.h"
#include "runtime/cache/store.h"
#include "runtime/cli/command.h"
#include "runtime/cli/help.h"
#include "runtime/cli/module.h"
#include "runtime/cli/tell.h"

namespace wasmedge::cli {
namespace {

struct CompileOptions {
  bool help = false;
  std::string module;
  std::string output;  // empty: the cache only
  Architecture target = kThisArchitecture;
};

Result<CompileOptions> parse(Arguments arguments) {
  CompileOptions options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      options.help = true;
      return options;
    }
    if (argument == "-o" || argument == "--output") {
      if (++i == arguments.size()) {
        return fail(ErrorCode::kInvalidArgument, "{}: its value is missing", argument);
      }
      options.output = arguments[i];
    } else if (argument == "--target") {
      if (++i == arguments.size()) {
        return fail(ErrorCode::kInvalidArgument, "{}: its value is missing", argument);
      }
      TRY_ASSIGN(options.target, parse_target(arguments[i]));
    } else if (argument.starts_with('-')) {
      return fail(ErrorCode::kInvalidArgument, "unknown option {}", argument);
    } else if (options.module.empty()) {
      options.module = argument;
    } else {
      return fail(ErrorCode::kInvalidArgument,
                  "one module at a time, not {} and {} (to write the artifact to a file: -o {})",
                  options.module, argument, argument);
    }
  }
  if (options.module.empty()) {
    return fail(ErrorCode::kInvalidArgument, "which module? No file is named");
  }
  return options;
}

Result<> copy(int artifact, const std::string& path) {
  TRY_ASSIGN(const MappedFile bytes, MappedFile::map(artifact, "the artifact"));
  TRY_ASSIGN(const Fd output, open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
  return write_all(output.get(), bytes.bytes(), path);
}

Result<> compile(const CompileOptions& options) {
  TRY_ASSIGN(const ModuleFile module, open_module(options.module));
  TRY_ASSIGN(const Fd artifact, compile_artifact(module, options.target));
  if (!options.output.empty()) return copy(artifact.get(), options.output);
  return {};
}

}  // namespace

int compile_command(Arguments arguments) {
  const auto options = parse(arguments);
  if (!options) return usage_error(options.error(), "compile");
  if (options->help) return print(kCompileHelp);
  const auto done = compile(*options);
  return done ? 0 : failure(done.error());
}

}  // namespace wasmedge::cli
