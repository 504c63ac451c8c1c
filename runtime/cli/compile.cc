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
  bool metered = false;
  std::string emit;      // "ir", "asm"; empty: compile
  std::string function;  // of what is emitted; empty: all
  std::string module;
  std::string output;  // empty: the cache only, or stdout
  std::string target;  // empty: this machine
};

// The member that an option's value goes to; null if it is no option.
std::string* member_of(CompileOptions& options, std::string_view name) {
  if (name == "-o" || name == "--output") return &options.output;
  if (name == "--emit") return &options.emit;
  if (name == "--target") return &options.target;
  if (name == "--function") return &options.function;
  return nullptr;
}

Result<> check(const CompileOptions& options) {
  if (options.module.empty()) {
    return fail(ErrorCode::kInvalidArgument, "which module? No file is named");
  }
  if (!options.emit.empty() && options.emit != "ir" && options.emit != "asm") {
    return fail(ErrorCode::kInvalidArgument, "--emit {}: expected ir or asm", options.emit);
  }
  if (options.emit.empty() && !options.function.empty()) {
    return fail(ErrorCode::kInvalidArgument, "--function: only with --emit");
  }
  if (!options.target.empty()) TRY(parse_target(options.target));
  return {};
}

Result<CompileOptions> parse(Arguments arguments) {
  CompileOptions options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    const size_t equals = argument.starts_with("--") ? argument.find('=') : std::string_view::npos;
    if (argument == "--help" || argument == "-h") {
      options.help = true;
      return options;
    }
    if (argument == "--metered") {
      options.metered = true;
    } else if (std::string* value = member_of(options, argument.substr(0, equals))) {
      if (equals == std::string_view::npos && ++i == arguments.size()) {
        return fail(ErrorCode::kInvalidArgument, "{}: its value is missing", argument);
      }
      *value = equals == std::string_view::npos ? arguments[i] : argument.substr(equals + 1);
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
  TRY(check(options));
  return options;
}

Result<> copy(int file, const std::string& path) {
  TRY_ASSIGN(const MappedFile bytes, MappedFile::map(file, "the compiler's result"));
  if (path.empty()) return write_all(STDOUT_FILENO, bytes.bytes(), "stdout");
  TRY_ASSIGN(const Fd output, open_file(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
  return write_all(output.get(), bytes.bytes(), path);
}

Result<> compile(const CompileOptions& options) {
  TRY_ASSIGN(const ModuleFile module, open_module(options.module));
  cache::CodeKind kind{.metered = options.metered};
  if (!options.target.empty()) {
    TRY_ASSIGN(kind.target, parse_target(options.target));
  }
  if (!options.emit.empty()) {
    TRY_ASSIGN(const Fd text, compile_to_text(module, kind, options.emit, options.function));
    return copy(text.get(), options.output);
  }
  TRY_ASSIGN(const Fd artifact, compile_artifact(module, kind));
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
