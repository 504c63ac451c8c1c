#include "shim/task/create.h"

#include <fcntl.h>
#include <sched.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "oci/hooks.h"
#include "oci/launch.h"
#include "runtime/base/log.h"
#include "runtime/cache/obtain.h"
#include "runtime/cache/reply.h"
#include "shim/init/protocol.h"
#include "shim/policy/policy.h"
#include "shim/task/bundle.h"
#include "shim/task/ceilings.h"
#include "shim/task/refusals.h"

namespace wasmedge::task {
namespace asio = boost::asio;
using init::Control;
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

std::vector<oci::Mount> rootfs_mounts(const proto::CreateRequest& request) {
  std::vector<oci::Mount> mounts;
  for (const proto::Mount& mount : request.rootfs()) {
    mounts.push_back(oci::Mount{.destination = mount.target(),
                                .type = mount.type(),
                                .source = mount.source(),
                                .options = {mount.options().begin(), mount.options().end()}});
  }
  return mounts;
}

Result<> answer(const Container& container, Control kind, std::string_view payload = {},
                int fd = -1) {
  return oci::send_control(container.control.get(), static_cast<uint32_t>(kind), payload, fd);
}

}  // namespace

Creation::Creation(asio::io_context& io, Platform& platform, Children& children,
                   Container& container, const proto::CreateRequest& request)
    : io_(io), platform_(platform), children_(children), container_(container), request_(request) {}

asio::awaitable<Result<>> Creation::run(Children::Callback on_end) {
  if (auto checked = check_request(); !checked) co_return checked;
  if (auto prepared = prepare(); !prepared) co_return prepared;
  if (auto launched = launch(std::move(on_end)); !launched) co_return launched;
  co_return co_await converse();
}

Result<> Creation::check_request() const {
  if (!request_.bundle().starts_with('/')) {
    return fail(ErrorCode::kInvalidArgument, "the bundle's path \"{}\" is not absolute",
                request_.bundle());
  }
  if (request_.terminal()) {
    return fail(ErrorCode::kUnimplemented,
                "this shim gives a container no terminal; run it without -t / --tty");
  }
  if (!request_.checkpoint().empty()) {
    return fail(ErrorCode::kUnimplemented, "this shim cannot restore a checkpoint");
  }
  return {};
}

Result<> Creation::prepare() {
  TRY_ASSIGN(const std::string config, read_config(container_.bundle));
  TRY_ASSIGN(spec_, oci::parse_spec(config));
  TRY_ASSIGN(const auto ceilings, ceilings_of(request_.options()));
  ceilings_ = policy::encode(ceilings);
  const oci::Namespace* pids = oci::find_namespace(spec_, CLONE_NEWPID);
  container_.own_pids = pids != nullptr && pids->path.empty();
  container_.hooks.poststart = spec_.hooks.poststart;
  container_.hooks.poststop = spec_.hooks.poststop;
  container_.hook_state = oci::HookState{.version = spec_.version,
                                         .id = container_.id,
                                         .status = "creating",
                                         .bundle = container_.bundle,
                                         .annotations = spec_.annotations};

  TRY_ASSIGN(container_.stdio, Stdio::open(container_.stdio_paths));
  TRY_ASSIGN(const std::string path, oci::cgroup_path(spec_.cgroups_path, container_.id));
  TRY_ASSIGN(container_.cgroup, platform_.make_cgroup(path, spec_.resources));
  return write_cgroup_path(container_.bundle, path);
}

Result<> Creation::launch(Children::Callback on_end) {
  TRY_ASSIGN(oci::Launched launched,
             platform_.launch(oci::LaunchRequest{.spec = &spec_,
                                                 .id = container_.id,
                                                 .bundle = container_.bundle,
                                                 .rootfs_mounts = rootfs_mounts(request_),
                                                 .cgroup = &*container_.cgroup,
                                                 .stdin_fd = container_.stdio.in(),
                                                 .stdout_fd = container_.stdio.out(),
                                                 .stderr_fd = container_.stdio.err(),
                                                 .extra = ceilings_}));
  container_.pid = launched.pid;
  container_.pidfd = launched.pidfd.get();
  container_.control = std::move(launched.control);
  container_.hook_state.pid = launched.pid;
  container_.stdio.give_away();
  children_.watch(launched.pid, std::move(launched.pidfd), std::move(on_end));
  if (::fcntl(container_.control.get(), F_SETFL, O_NONBLOCK) != 0) {
    return fail_errno("make the control socket non-blocking");
  }
  return write_init_pid(container_.bundle, launched.pid);
}

asio::awaitable<Result<>> Creation::converse() {
  for (;;) {
    auto received = oci::receive_control(container_.control.get());
    if (!received && received.error().code == ErrorCode::kUnavailable && !container_.ended) {
      co_await wait_readable(container_, container_.control.get());
      continue;
    }
    if (!received && !container_.ended) co_return tl::unexpected<Error>(received.error());
    if (!received || !*received) {
      co_await wait_for_end(container_);
      co_return ended();
    }
    oci::ControlMessage message = std::move(**received);
    Result<> done;
    switch (static_cast<Control>(message.kind)) {
      case Control::kReady:
        report_ready(std::move(message));
        co_return Result<>();
      case Control::kError:
        co_return tl::unexpected<Error>(oci::decode_error(message.payload));
      case Control::kHooks:
        done = co_await run_hooks();
        break;
      case Control::kImage:
        done = co_await fetch_module();
        break;
      case Control::kCompile:
      case Control::kCompileMetered: {
        const bool metered = message.kind == static_cast<uint32_t>(Control::kCompileMetered);
        done = co_await compile(std::move(message), metered);
        break;
      }
      default:
        done = fail(ErrorCode::kInternal, "wasmedge-init sent a message of unknown kind {}",
                    message.kind);
    }
    if (!done) co_return done;
  }
}

/// "native", or "wasm", a newline and the policy in force.
void Creation::report_ready(oci::ControlMessage message) {
  const std::string_view text = message.payload;
  const size_t end = text.find('\n');
  log::info("container {} is ready: {} program, pid {}", container_.id, text.substr(0, end),
            container_.pid);
  if (end != std::string_view::npos) {
    log::info("container {}: policy: {}", container_.id, text.substr(end + 1));
  }
  if (message.fd) {
    asio::co_spawn(io_, log_refusals(io_, container_.id, std::move(message.fd)), asio::detached);
  }
}

tl::unexpected<Error> Creation::ended() const {
  return fail(ErrorCode::kInternal,
              "the container's first process (pid {}) ended with status {} before it was ready",
              container_.pid, container_.exit_status);
}

asio::awaitable<Result<>> Creation::run_hooks() {
  for (const auto& [name, hooks] : {std::pair("prestart", &spec_.hooks.prestart),
                                    std::pair("createRuntime", &spec_.hooks.create_runtime)}) {
    if (hooks->empty()) continue;
    auto run = oci::start_hooks(name, *hooks, container_.hook_state);
    if (!run) co_return tl::unexpected<Error>(run.error());
    if (auto done = co_await finish_hooks(io_, std::move(*run)); !done) co_return done;
  }
  co_return answer(container_, Control::kResume);
}

/// For a container whose rootfs has no program: its image's module, if the image is an artifact.
asio::awaitable<Result<>> Creation::fetch_module() {
  const auto named = spec_.annotations.find("io.wasmedge.image");
  const std::string image = named == spec_.annotations.end() ? "" : named->second;
  auto fetch = platform_.fetch_module(container_.id, image);
  if (!fetch) co_return tl::unexpected<Error>(fetch.error());
  co_await wait_readable(container_, fetch->reply.get());
  if (container_.ended) co_return ended();
  const auto reply = cache::receive_reply(fetch->reply.get());
  if (!reply) co_return tl::unexpected<Error>(reply.error());
  if (!*reply) {
    co_return fail(ErrorCode::kInternal,
                   "wasmedge-image died while it looked for the module of the container's image");
  }
  if (!(*reply)->failed) {
    log::info("container {}: its module is the image's", container_.id);
    co_return answer(container_, Control::kModule, (*reply)->text, (*reply)->artifact.get());
  }
  if ((*reply)->code == ErrorCode::kNotFound) {
    log::info("container {}: no program in its rootfs; {}", container_.id, (*reply)->text);
    co_return answer(container_, Control::kModule);
  }
  const Error error{(*reply)->code, (*reply)->text};
  co_return answer(container_, Control::kModule, oci::encode_error(error));
}

asio::awaitable<Result<>> Creation::compile(oci::ControlMessage module, bool metered) {
  log::info("container {}: compiling {}", container_.id, module.payload);
  auto compilation = platform_.compile(module.fd.get(), module.payload, metered);
  if (!compilation) co_return tl::unexpected<Error>(compilation.error());
  // The wait ends with the container too: a Kill must not have to wait for the compiler.
  co_await wait_readable(container_, compilation->reply.get());
  if (container_.ended) co_return ended();
  const auto compiled = cache::receive(*compilation);
  if (!compiled) {
    co_return answer(container_, Control::kCompiled, oci::encode_error(compiled.error()));
  }
  if (!compiled->warning.empty()) log::warning("{}: {}", module.payload, compiled->warning);
  co_return answer(container_, Control::kCompiled, {}, compiled->artifact.get());
}

asio::awaitable<Result<>> clean_up(asio::io_context& io, Container& container) {
  using namespace std::chrono_literals;
  container.control.reset();
  if (container.cgroup) {
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    std::chrono::milliseconds pause = 1ms;
    for (;;) {
      const Result<bool> removed = container.cgroup->try_remove();
      if (!removed) co_return tl::unexpected<Error>(removed.error());
      if (*removed) break;
      if (auto killed = container.cgroup->kill_all(); !killed) co_return killed;
      if (std::chrono::steady_clock::now() > deadline) {
        co_return fail(ErrorCode::kUnavailable,
                       "processes in the cgroup {} of container \"{}\" do not end; try again",
                       container.cgroup->path(), container.id);
      }
      asio::steady_timer timer(io, pause);
      co_await timer.async_wait(kTuple);
      pause = std::min<std::chrono::milliseconds>(pause * 2, 100ms);
    }
    container.cgroup.reset();
    forget_cgroup_path(container.bundle);
  }
  if (!container.hooks.poststop.empty() && container.pid != 0) {
    container.hook_state.status = "stopped";
    container.hook_state.pid = 0;
    auto run = oci::start_hooks("poststop", container.hooks.poststop, container.hook_state);
    const Result<> done = run ? co_await finish_hooks(io, std::move(*run))
                              : Result<>(tl::unexpected<Error>(run.error()));
    if (!done) log::warning("container {}: {}", container.id, done.error().message);
  }
  co_return Result<>();
}

}  // namespace wasmedge::task
