#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <optional>
#include <utility>

#include "runtime/base/log.h"
#include "shim/rpc/server.h"
#include "shim/task/children.h"
#include "shim/task/commands.h"
#include "shim/task/events.h"
#include "shim/task/platform.h"
#include "shim/task/process_log.h"
#include "shim/task/service.h"

namespace wasmedge::task {
namespace asio = boost::asio;
using namespace std::chrono_literals;
namespace {

/// Log lines go to the bundle's fifo `log`, which containerd reads. Held both ways, so that a
/// restart of containerd is no end; non-blocking, so that a containerd that does not read is no
/// stop.
Result<> log_to_bundle(const CommandLine& line) {
  TRY_ASSIGN(Fd fifo, open_file("log", O_RDWR | O_NONBLOCK));
  const std::array standing = {log::Field{"namespace", line.namespace_name}};
  log::configure(fifo.release(), line.debug ? log::Level::kDebug : log::Level::kInfo, standing);
  return {};
}

Result<std::string> listening_path() {
  sockaddr_un name{};
  socklen_t size = sizeof(name);
  int listening = 0;
  socklen_t flag_size = sizeof(listening);
  if (::getsockopt(kListeningFd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &flag_size) != 0 ||
      listening == 0 ||
      ::getsockname(kListeningFd, reinterpret_cast<sockaddr*>(&name), &size) != 0 ||
      name.sun_family != AF_UNIX) {
    return fail(
        ErrorCode::kFailedPrecondition,
        "there is no listening socket at fd {}: the server is started by the action \"start\"",
        kListeningFd);
  }
  return std::string(name.sun_path);
}

/// Handlers, unlike SIG_IGN, do not pass on to the programs that we execute.
void ignore_broken_pipes() {
  struct sigaction action{};
  action.sa_handler = [](int) {};
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGPIPE, &action, nullptr);
}

/// containerd's address for events.
std::string events_address(const CommandLine& line) {
  const char* given = std::getenv("TTRPC_ADDRESS");
  return given != nullptr && *given != '\0' ? given : line.address + ".ttrpc";
}

/// How long a server without containers waits for a connection, the first or after the last; if
/// containerd has yet to be told of something, so many times as long.
constexpr auto kForgottenAfter = 10s;
constexpr int kOutage = 60;

/// After Shutdown: nobody finds this server any more; it ends when what it has to say is said.
asio::awaitable<void> wind_up(asio::io_context& io, rpc::Server& server, Events& events,
                              const std::string& path) {
  ::unlink(path.c_str());  // before the socket closes: then the path is still ours
  server.stop();
  co_await events.drain(2s);
  co_await server.wait_idle(1s);
  io.stop();
}

}  // namespace

Result<> serve(const CommandLine& line) {
  TRY_ASSIGN(const std::string path, listening_path());
  TRY(log_to_bundle(line));
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return fail_errno("become a subreaper");
  ::prctl(PR_SET_NAME, "containerd-shim");
  ignore_broken_pipes();

  asio::io_context io(1);
  Node node(line.address, line.namespace_name);
  Children children(io);
  Events events(io, line.namespace_name, forward_to_containerd(io, events_address(line)));
  std::optional<rpc::Server> server;
  bool ending = false;
  const auto end = [&] {
    if (std::exchange(ending, true)) return;
    asio::co_spawn(io, wind_up(io, *server, events, path), asio::detached);
  };
  Service service(io, node, events, children, end);
  const rpc::Methods methods = service.methods();
  server.emplace(io, Fd(kListeningFd), methods);
  server->start();

  // A containerd that dies between `start` and Create never asks for a Shutdown.
  asio::steady_timer forgotten(io);
  const std::function<void(int)> await_containerd = [&](int times) {
    forgotten.expires_after(kForgottenAfter);
    forgotten.async_wait([&, times](const boost::system::error_code& error) {
      if (error || !service.empty() || server->connections() > 0) return;
      if (events.idle() || times == kOutage) return end();
      await_containerd(times + 1);
    });
  };
  server->on_idle([&] { await_containerd(1); });
  await_containerd(1);
  ProcessLog(line.id, {}).info(oci::Phase::kServe, "serving at {}", path);
  metrics::Tally started;
  started.count(metrics::Counter::kServers);
  asio::post(io, [&node, &started] { node.record(started); });
  io.run();
  return {};
}

}  // namespace wasmedge::task
