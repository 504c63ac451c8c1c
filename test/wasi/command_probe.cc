// command_probe ARTIFACT [FUNCTION [ARGUMENT...]]: prepares a Command, or a reactor if FUNCTION is
// not empty, says "prepared", runs it. The exit status is the guest's.
#include <fcntl.h>

#include <span>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/run/artifact_file.h"
#include "runtime/wasi/command.h"

namespace wasmedge {
namespace {

Result<int> run_artifact(std::span<char*> arguments) {
  const char* path = arguments[0];
  const std::string function = arguments.size() > 1 ? arguments[1] : "";
  TRY_ASSIGN(Fd file, open_file(path, O_RDONLY));
  TRY_ASSIGN(auto artifact, run::Artifact::load(std::move(file), path));
  wasi::WasiConfig config;
  config.args = {path};
  for (size_t i = 2; i < arguments.size(); ++i) config.args.emplace_back(arguments[i]);
  TRY_ASSIGN(auto command, wasi::Command::prepare(artifact, std::move(config), function));
  TRY(write_all(1, std::string_view("prepared\n"), "stdout"));
  return command.run();
}

}  // namespace
}  // namespace wasmedge

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto status = wasmedge::run_artifact(std::span(argv, static_cast<size_t>(argc)).subspan(1));
  if (status) return *status;
  const std::string line = status.error().message + "\n";
  return wasmedge::write_all(2, line, "stderr") ? 1 : 2;
}
