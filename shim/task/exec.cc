#include "shim/task/exec.h"

#include <fcntl.h>

#include <utility>

#include "oci/launch.h"
#include "oci/spec.h"
#include "runtime/base/quote.h"
#include "shim/task/bundle.h"
#include "shim/task/conversation.h"

namespace wasmedge::task {
namespace asio = boost::asio;
namespace {

Result<> launch(Platform& platform, Children& children, Container& container, Process& process,
                Children::Callback on_end) {
  TRY_ASSIGN(const std::string config, read_config(container.bundle));
  TRY_ASSIGN(const oci::Spec spec, oci::parse_spec(config));
  TRY_ASSIGN(oci::Launched launched,
             platform.launch(oci::LaunchRequest{.spec = &spec,
                                                .id = container.id,
                                                .bundle = container.bundle,
                                                .rootfs_mounts = {},
                                                .cgroup = &*container.cgroup,
                                                .stdin_fd = process.stdio.in(),
                                                .stdout_fd = process.stdio.out(),
                                                .stderr_fd = process.stdio.err(),
                                                .extra = container.ceilings,
                                                .join = container.pid,
                                                .process = std::move(process.spec),
                                                .beside_module = container.is_module}));
  const int pidfd = launched.pidfd.get();
  TRY(children.watch(launched.pid, std::move(launched.pidfd), std::move(on_end)));
  process.pid = launched.pid;
  process.pidfd = pidfd;
  process.control = std::move(launched.control);
  process.stdio.give_away();
  if (::fcntl(process.control.get(), F_SETFL, O_NONBLOCK) == 0) return {};
  return fail_errno("make the control socket non-blocking");
}

asio::awaitable<Result<>> no_hooks() {
  co_return fail(ErrorCode::kInternal, "an executed process has no hooks");
}

}  // namespace

Result<std::shared_ptr<Process>> add_process(asio::io_context& io, Container& container,
                                             const proto::ExecRequest& request) {
  if (!request.spec().type_url().ends_with("/Process")) {
    return fail(ErrorCode::kInvalidArgument, "the spec is of type {}, and can be Process only",
                quote(request.spec().type_url()));
  }
  TRY_ASSIGN(const oci::Process parsed, oci::parse_process(request.spec().value(), {}));
  if (parsed.terminal != request.terminal()) {
    return fail(ErrorCode::kInvalidArgument, "process: terminal is {}, where Exec's terminal is {}",
                parsed.terminal, request.terminal());
  }
  auto process = std::make_shared<Process>(io, container.id, request.exec_id());
  process->stdio_paths = {request.stdin(), request.stdout(), request.stderr()};
  process->terminal = request.terminal();
  process->spec = request.spec().value();
  if (container.log.level()) process->log.set_level(*container.log.level());
  return process;
}

asio::awaitable<Result<>> launch_process(asio::io_context& io, Platform& platform,
                                         Children& children, Container& container, Process& process,
                                         Children::Callback on_end) {
  auto launched = launch(platform, children, container, process, std::move(on_end));
  if (!launched) co_return launched;
  Conversation conversation(io, platform, process, container.hook_state.annotations, no_hooks);
  co_return co_await conversation.run();
}

}  // namespace wasmedge::task
