#include "shim/task/create.h"

#include <fcntl.h>
#include <sched.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "oci/hooks.h"
#include "oci/launch.h"
#include "oci/phase.h"
#include "shim/policy/policy.h"
#include "shim/task/bundle.h"
#include "shim/task/ceilings.h"
#include "shim/task/conversation.h"
#include "shim/task/streams.h"

namespace wasmedge::task {
namespace asio = boost::asio;
namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

using oci::Phase;

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

}  // namespace

Creation::Creation(asio::io_context& io, Platform& platform, Children& children,
                   Container& container, const proto::CreateRequest& request)
    : io_(io), platform_(platform), children_(children), container_(container), request_(request) {}

asio::awaitable<Result<>> Creation::run(Children::Callback on_end) {
  if (auto checked = check_request(); !checked) co_return checked;
  if (auto prepared = prepare(); !prepared) co_return prepared;
  if (auto opened = co_await open_streams(io_, platform_, children_, container_); !opened) {
    co_return oci::in(Phase::kStreams, std::move(opened));
  }
  if (auto launched = launch(std::move(on_end)); !launched) {
    co_return oci::in(Phase::kLaunch, std::move(launched));
  }
  container_.log.debug(Phase::kLaunch, "the first process is {}", container_.pid);
  const Conversation::Hooks hooks = [this] { return run_hooks(); };
  Conversation conversation(io_, platform_, container_, spec_.annotations, hooks);
  co_return co_await conversation.run();
}

Result<> Creation::check_request() const {
  if (!request_.bundle().starts_with('/')) {
    return fail(ErrorCode::kInvalidArgument, "the bundle's path \"{}\" is not absolute",
                request_.bundle());
  }
  if (!request_.checkpoint().empty()) {
    return fail(ErrorCode::kUnimplemented, "this shim cannot restore a checkpoint");
  }
  return {};
}

Result<> Creation::prepare() {
  TRY(oci::in(Phase::kConfig, read_spec()));
  TRY_ASSIGN(const auto ceilings, oci::in(Phase::kPolicy, ceilings_of(request_.options())));
  container_.ceilings = policy::encode(ceilings);
  return oci::in(Phase::kCgroup, make_cgroup());
}

Result<> Creation::read_spec() {
  TRY_ASSIGN(const std::string config, read_config(container_.bundle));
  TRY_ASSIGN(spec_, oci::parse_spec(config));
  if (spec_.process.terminal != container_.terminal) {
    return fail(ErrorCode::kInvalidArgument,
                "config.json: process.terminal is {}, where Create's terminal is {}",
                spec_.process.terminal, container_.terminal);
  }
  TRY_ASSIGN(const auto level, log_level_of(spec_.annotations));
  if (level) container_.log.set_level(*level);
  const oci::Namespace* pids = oci::find_namespace(spec_, CLONE_NEWPID);
  container_.own_pids = pids != nullptr && pids->path.empty();
  container_.hooks.poststart = spec_.hooks.poststart;
  container_.hooks.poststop = spec_.hooks.poststop;
  container_.hook_state = oci::HookState{.version = spec_.version,
                                         .id = container_.id,
                                         .status = "creating",
                                         .bundle = container_.bundle,
                                         .annotations = spec_.annotations};
  return {};
}

Result<> Creation::make_cgroup() {
  TRY_ASSIGN(const std::string path, oci::cgroup_path(spec_.cgroups_path, container_.id));
  container_.log.debug(Phase::kCgroup, "its control group is {}", path);
  TRY(write_cgroup(container_.bundle, {.path = path}));
  auto cgroup = platform_.make_cgroup(path, spec_.resources);
  if (!cgroup) {
    forget_cgroup(container_.bundle);
    return tl::unexpected<Error>(cgroup.error());
  }
  container_.cgroup = std::move(*cgroup);
  return write_cgroup(container_.bundle, {.path = path, .made = true});
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
                                                 .extra = container_.ceilings}));
  const int pidfd = launched.pidfd.get();
  TRY(children_.watch(launched.pid, std::move(launched.pidfd), std::move(on_end)));
  container_.pid = launched.pid;
  container_.pidfd = pidfd;
  container_.control = std::move(launched.control);
  container_.hook_state.pid = launched.pid;
  container_.stdio.give_away();
  if (::fcntl(container_.control.get(), F_SETFL, O_NONBLOCK) != 0) {
    return fail_errno("make the control socket non-blocking");
  }
  return write_init_pid(container_.bundle, launched.pid);
}

asio::awaitable<Result<>> Creation::run_hooks() {
  for (const auto& [name, hooks] : {std::pair("prestart", &spec_.hooks.prestart),
                                    std::pair("createRuntime", &spec_.hooks.create_runtime)}) {
    if (hooks->empty()) continue;
    auto run = oci::start_hooks(name, *hooks, container_.hook_state);
    if (!run) co_return tl::unexpected<Error>(oci::in(Phase::kHooks, run.error()));
    if (auto done = co_await finish_hooks(io_, std::move(*run)); !done) {
      co_return oci::in(Phase::kHooks, std::move(done));
    }
    container_.log.debug(Phase::kHooks, "{} hooks have run: {}", name, hooks->size());
  }
  co_return Result<>();
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
    forget_cgroup(container.bundle);
  }
  if (!container.hooks.poststop.empty() && container.pid != 0) {
    container.hook_state.status = "stopped";
    container.hook_state.pid = 0;
    auto run = oci::start_hooks("poststop", container.hooks.poststop, container.hook_state);
    const Result<> done = run ? co_await finish_hooks(io, std::move(*run))
                              : Result<>(tl::unexpected<Error>(run.error()));
    if (!done) container.log.warning(Phase::kHooks, "{}", done.error().message);
  }
  co_return Result<>();
}

}  // namespace wasmedge::task
