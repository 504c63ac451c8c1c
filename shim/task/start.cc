#include <fcntl.h>
#include <linux/prctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>
#include <vector>

#include "oci/phase.h"
#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/spawn.h"
#include "shim/task/address.h"
#include "shim/task/bundle.h"
#include "shim/task/commands.h"
#include "shim/task/platform.h"

namespace wasmedge::task {
namespace {

constexpr char kUnixScheme[] = "unix://";

/// A process group of its own, and none of our streams: containerd reads them to their end.
Result<pid_t> spawn_server(const CommandLine& line, const Fd& socket) {
  std::vector<std::string> words = {{},           "-namespace",      line.namespace_name,
                                    "-id",        line.id,           "-address",
                                    line.address, "-publish-binary", line.publish_binary};
  TRY_ASSIGN(words[0], program_beside("containerd-shim-wasmedge-v1"));
  if (line.debug) words.emplace_back("-debug");
  const std::array<int, 4> fds = {-1, -1, -1, socket.get()};
  static_assert(kListeningFd == 3);
  const std::string what = "the shim's server " + words[0];
  return spawn({.program = "/proc/self/exe", .arguments = std::move(words), .own_group = true}, fds,
               what);
}

/// The kernel kills the server before containerd, and a container before the server. Where we may
/// not change it, the server keeps what it inherits.
void adjust_oom_score(pid_t server) {
  const auto parent = read_file(fmt::format("/proc/{}/oom_score_adj", ::getppid()), 64);
  if (!parent) return;
  int score = 0;
  const auto read = std::from_chars(parent->data(), parent->data() + parent->size(), score);
  if (read.ec != std::errc()) return;
  score = std::min(score + 1, 1000);
  [[maybe_unused]] const auto written =
      write_file(fmt::format("/proc/{}/oom_score_adj", server), std::to_string(score));
}

/// On a machine that shares cores between trusted groups only (core scheduling), the server and its
/// containers are such a group.
Result<> isolate_core() {
  const char* wanted = std::getenv("SCHED_CORE");
  if (wanted == nullptr || *wanted == '\0') return {};
  if (::prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, PR_SCHED_CORE_SCOPE_THREAD, 0) != 0) {
    return fail_errno("SCHED_CORE is set, but core scheduling is not to be had");
  }
  return {};
}

Result<oci::Spec> read_spec() {
  TRY_ASSIGN(const std::string config, read_config("."));
  return oci::parse_spec(config);
}

/// The address of the group's server.
Result<std::string> find_or_make_server(const CommandLine& line) {
  TRY_ASSIGN(const oci::Spec spec, oci::in(oci::Phase::kConfig, read_spec()));
  const std::string path = socket_path(kSocketDirectory, line.address, line.namespace_name,
                                       group_of(spec.annotations, line.id));
  std::string address = kUnixScheme + path;
  TRY_ASSIGN(const Fd lock, lock_sockets(path));
  TRY_ASSIGN(const Fd socket, listen_unless_served(path, lock));
  if (socket) {
    TRY(isolate_core());
    const auto server = spawn_server(line, socket);
    if (!server) {
      ::unlink(path.c_str());
      return tl::unexpected<Error>(server.error());
    }
    adjust_oom_score(*server);
  }
  TRY(write_address(".", address));
  return address;
}

}  // namespace

Result<std::string> start(const CommandLine& line) {
  auto address = oci::in(oci::Phase::kServe, find_or_make_server(line));
  if (!address) return tl::unexpected<Error>(oci::explain(address.error()));
  return address;
}

}  // namespace wasmedge::task
