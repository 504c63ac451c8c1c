#include "runtime/cache/obtain.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "runtime/base/spawn.h"
#include "runtime/cache/reply.h"

namespace wasmedge::cache {
namespace {

constexpr int kModuleFd = 3;
constexpr int kReplyFd = 4;

}  // namespace

Result<Compilation> start_program(std::vector<std::string> arguments, int module,
                                  std::string name) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno("make a socket for the reply of {}", arguments[0]);
  }
  Compilation compilation{-1, Fd(ends[0]), std::move(name)};
  const Fd theirs(ends[1]);
  if (module >= 0) {
    arguments.insert(arguments.end(), {"--module-fd", std::to_string(kModuleFd)});
  }
  arguments.insert(arguments.end(), {"--reply-fd", std::to_string(kReplyFd)});
  const std::array<int, 5> fds = {-1, -1, STDERR_FILENO, module, theirs.get()};
  static_assert(kModuleFd == 3 && kReplyFd == 4);
  const std::string program = arguments[0];
  TRY_ASSIGN(compilation.pid,
             spawn({.program = program, .arguments = std::move(arguments)}, fds, program));
  return compilation;
}

Result<Compilation> start(const CompileJob& job) {
  std::vector<std::string> arguments = {job.compiler, "--name", job.name};
  if (job.metered) arguments.emplace_back("--metered");
  if (!job.emit.empty()) arguments.insert(arguments.end(), {"--emit", job.emit});
  if (!job.function.empty()) arguments.insert(arguments.end(), {"--function", job.function});
  if (job.target != kThisArchitecture) {
    arguments.insert(arguments.end(), {"--target", std::string(name_of(job.target))});
  }
  if (!job.cache_directory.empty()) {
    // With a cache it matters that both sides make the same keys.
    arguments.insert(arguments.end(), {"--cache", job.cache_directory, "--client-build",
                                       std::string(compiler_build())});
  }
  return start_program(std::move(arguments), job.module, job.name);
}

Result<Compiled> receive(const Compilation& compilation) {
  TRY_ASSIGN(auto reply, receive_reply(compilation.reply.get()));
  if (!reply) {
    return fail(ErrorCode::kInternal,
                "the compiler died before it had compiled {}: was it killed (out of memory)?",
                compilation.name);
  }
  if (reply->failed) {
    return tl::unexpected<Error>(Error{reply->code, std::move(reply->text)});
  }
  return Compiled{std::move(reply->artifact), reply->fresh, std::move(reply->text)};
}

Result<Compiled> finish(Compilation& compilation) {
  auto compiled = receive(compilation);
  compilation.reply.reset();
  while (::waitpid(compilation.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return compiled;
}

Result<std::optional<Fd>> find(const Store* store, const ModuleSource& module, bool metered) {
  if (store == nullptr) return std::nullopt;
  TRY_ASSIGN(const Sha256 hash, hash_of(store, module));
  return store->lookup(key_of(hash, {.metered = metered}));
}

}  // namespace wasmedge::cache
