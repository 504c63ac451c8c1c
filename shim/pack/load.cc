#include "shim/pack/load.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "oci/text.h"
#include "runtime/base/spawn.h"

namespace wasmedge::pack {
namespace {

/// Where PATH has it; empty if nowhere.
std::string find_program(std::string_view name) {
  const char* path = std::getenv("PATH");
  for (const std::string_view directory : oci::split(path == nullptr ? "" : path, ':')) {
    if (!directory.starts_with('/')) continue;
    std::string candidate = fmt::format("{}/{}", directory, name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

/// Runs it to its end, with what it says on our own streams or, if `quiet`, unheard. Its status.
Result<int> run(std::vector<std::string> command, bool quiet) {
  const std::array<int, 3> fds = {-1, quiet ? -1 : STDOUT_FILENO, quiet ? -1 : STDERR_FILENO};
  const std::string program = command.front();
  TRY_ASSIGN(const pid_t pid, spawn({program, std::move(command)}, fds, program));
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return fail_errno("wait for {}", program);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::vector<std::string> docker_command(const std::string& docker, const Options& options) {
  std::vector<std::string> command = {docker};
  if (!options.address.empty()) {
    const bool is_path = options.address.starts_with('/');
    command.insert(command.end(), {"--host", (is_path ? "unix://" : "") + options.address});
  }
  return command;
}

Result<> load_into_docker(const std::string& docker, const std::string& archive,
                          const Options& options) {
  auto command = docker_command(docker, options);
  command.insert(command.end(), {"load", "--input", archive});
  TRY_ASSIGN(const int status, run(std::move(command), false));
  if (status == 0) return {};
  return fail(ErrorCode::kInternal,
              "docker load: exit status {}. Docker's classic image store takes neither artifacts "
              "nor platform wasi/wasm: use its containerd image store, or pack with "
              "--platform=linux/amd64",
              status);
}

Result<> load_into_containerd(const std::string& ctr, const std::string& archive,
                              const Options& options) {
  std::vector<std::string> command = {ctr};
  if (!options.address.empty()) command.insert(command.end(), {"--address", options.address});
  if (!options.containerd_namespace.empty()) {
    command.insert(command.end(), {"--namespace", options.containerd_namespace});
  }
  // Without this it takes what this machine's own platform can run.
  command.insert(command.end(), {"image", "import", "--all-platforms", archive});
  TRY_ASSIGN(const int status, run(std::move(command), false));
  if (status == 0) return {};
  return fail(ErrorCode::kInternal,
              "ctr image import: exit status {}. containerd 1.6 cannot unpack artifacts: pack "
              "without --artifact there",
              status);
}

/// Docker if its daemon answers, else containerd if its client is there.
Result<Engine> find_engine(const std::string& docker, const std::string& ctr,
                           const Options& options) {
  if (!docker.empty() && options.containerd_namespace.empty()) {
    auto command = docker_command(docker, options);
    command.emplace_back("version");
    TRY_ASSIGN(const int status, run(std::move(command), true));
    if (status == 0) return Engine::kDocker;
  }
  if (!ctr.empty()) return Engine::kContainerd;
  return fail(ErrorCode::kNotFound,
              "--load: neither Docker answers nor is ctr in PATH: load the file that -o names by "
              "hand");
}

}  // namespace

Result<> load_archive(const std::string& archive, const Options& options) {
  const std::string docker = find_program("docker");
  const std::string ctr = find_program("ctr");
  Engine engine = *options.load;
  if (engine == Engine::kWhicheverIsThere) {
    TRY_ASSIGN(engine, find_engine(docker, ctr, options));
  }
  const bool into_docker = engine == Engine::kDocker;
  const std::string& program = into_docker ? docker : ctr;
  if (program.empty()) {
    return fail(ErrorCode::kNotFound, "--load={}: {} is not in PATH",
                into_docker ? "docker" : "containerd", into_docker ? "docker" : "ctr");
  }
  return into_docker ? load_into_docker(docker, archive, options)
                     : load_into_containerd(ctr, archive, options);
}

}  // namespace wasmedge::pack
