#include <string_view>

#include "runtime/cli/command.h"
#include "runtime/cli/help.h"
#include "runtime/cli/module.h"
#include "runtime/cli/tell.h"
#include "runtime/wasm/module.h"

namespace wasmedge::cli {
namespace {

Result<> validate(const std::string& path) {
  TRY_ASSIGN(const ModuleFile file, open_module(path));
  const auto module = wasm::decode(file.bytes.bytes());
  if (!module) return wrap(module.error(), path);
  if (const auto valid = wasm::validate(*module); !valid) return wrap(valid.error(), path);
  return {};
}

}  // namespace

int validate_command(Arguments arguments) {
  for (const std::string_view argument : arguments) {
    if (argument == "--help" || argument == "-h") return print(kValidateHelp);
    if (argument.starts_with('-')) {
      return usage_error({ErrorCode::kInvalidArgument, fmt::format("unknown option {}", argument)},
                         "validate");
    }
  }
  if (arguments.empty()) {
    return usage_error({ErrorCode::kInvalidArgument, "which module? No file is named"}, "validate");
  }
  int status = 0;
  for (const char* path : arguments) {
    if (const auto valid = validate(path); !valid) status = failure(valid.error());
  }
  return status;
}

}  // namespace wasmedge::cli
