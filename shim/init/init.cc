#include "shim/init/init.h"

#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "oci/contain.h"
#include "oci/hooks.h"
#include "oci/layers.h"
#include "oci/phase.h"
#include "oci/process.h"
#include "oci/terminal.h"
#include "oci/user_namespace.h"
#include "runtime/base/limits.h"
#include "runtime/wasi/command.h"
#include "shim/init/channel.h"
#include "shim/init/handler.h"
#include "shim/init/name_files.h"
#include "shim/init/program.h"
#include "shim/init/progress.h"
#include "shim/init/second_line.h"
#include "shim/init/signals.h"
#include "shim/init/wasm_guest.h"

namespace wasmedge::init {
namespace {

using oci::Phase;

/// Statuses of a shell for a program that cannot be executed, or is not there.
constexpr int kCannotExecute = 126;
constexpr int kNotFound = 127;

/// All that is left to be done when START comes.
struct Ready {
  oci::Spec spec;
  oci::Setup setup;
  oci::Prepared prepared;
  std::string program;
  std::optional<wasi::Command> command;  // none: native
  SecondLine second_line;
  std::string policy;
  Fd refusals;  // the end that is read

  /// Executed in a container that runs, beside its first process.
  bool is_further() const { return !setup.process.empty(); }
};

Result<> run_runtime_hooks(const oci::Spec& spec, Channel& channel) {
  if (spec.hooks.prestart.empty() && spec.hooks.create_runtime.empty()) return {};
  TRY(channel.ask(Control::kHooks, Control::kResume));
  return {};
}

/// A descriptor that launch() may have placed.
Fd take(int fd) {
  return ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? Fd(fd) : Fd();
}

/// Where one joins a pid namespace, its other processes must not get at us (oci/launch.cc).
Result<> become_unreadable() {
  if (::geteuid() == ::getuid() && ::getegid() == ::getgid()) return {};
  TRY(oci::become_root());
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail_errno("become unreadable");
  return {};
}

/// What `docker run --init` puts before the command: a mount of Docker's own init, and "--".
constexpr std::array<std::string_view, 2> kDockerInit = {"/sbin/docker-init", "--"};

bool has_docker_init(const oci::Spec& spec) {
  const std::vector<std::string>& args = spec.process.args;
  return args.size() > kDockerInit.size() &&
         std::equal(kDockerInit.begin(), kDockerInit.end(), args.begin()) &&
         std::any_of(spec.mounts.begin(), spec.mounts.end(),
                     [](const oci::Mount& mount) { return mount.destination == kDockerInit[0]; });
}

/// A module cannot be executed by Docker's init, and does without: it has no children, and any
/// signal ends it.
Result<Program> find_first(int root, oci::Spec& spec, Channel& channel) {
  if (!has_docker_init(spec)) return find_program(root, spec.process, channel);
  oci::Process inner = spec.process;
  inner.args.erase(inner.args.begin(), inner.args.begin() + kDockerInit.size());
  auto program = find_program(root, inner, channel);
  if (!program || program->kind != ProgramKind::kWasm) {
    return find_program(root, spec.process, channel);
  }
  spec.process.args = std::move(inner.args);
  return program;
}

/// For a further process, the error says what there would be to execute. What its container's
/// image has as an artifact is known by the name of the container's own program alone.
Result<Program> find(int root, Ready& ready, const std::string& own, Channel& channel) {
  oci::Process& process = ready.spec.process;
  if (!ready.is_further()) return find_first(root, ready.spec, channel);
  if (split_entry_point(process.args[0]).module == split_entry_point(own).module) {
    return find_program(root, process, channel);
  }
  auto program = find_program(root, process);
  if (program || own.empty() || program.error().code != ErrorCode::kNotFound) return program;
  return fail(
      ErrorCode::kNotFound,
      "{} (no such file or directory). A container can execute what its image has: a native "
      "program, or a WebAssembly module such as its own, {}, with other arguments",
      program.error().message, own);
}

/// Where refusals go: the shim reads the other end. Never waited for.
Result<Fd> open_refusals(Ready& ready) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno("make a pipe");
  ready.refusals.reset(ends[0]);
  return Fd(ends[1]);
}

/// Everything up to READY. Contained step by step (oci/contain.h); in between, the program.
Result<Ready> create(Channel& channel, Progress& progress) {
  Ready ready;
  Fd cache = take(oci::kCacheFd);
  const Fd mounts = take(oci::kMountsFd);
  TRY_ASSIGN(oci::ControlMessage message, channel.expect(Control::kSetup));
  TRY_ASSIGN(ready.setup, oci::decode_setup(message.payload));
  TRY(oci::receive_trees(channel.fd(), ready.setup));
  {
    const Fd config(oci::kConfigFd);
    TRY_ASSIGN(const std::string text,
               read_all(config.get(), kLimits.config_json_bytes, "config.json"));
    TRY_ASSIGN(ready.spec, oci::parse_spec(text));
  }
  const oci::Spec& spec = ready.spec;
  std::string own;  // the program of the container, where we are a further process
  if (ready.is_further()) {
    const std::vector<std::string>& args = spec.process.args;
    if (!args.empty()) own = args[has_docker_init(spec) ? kDockerInit.size() : 0];
    TRY_ASSIGN(ready.spec.process, oci::parse_process(ready.setup.process, spec.process));
  }
  progress.enter(Phase::kPolicy);
  TRY_ASSIGN(const policy::Policy policy,
             policy::policy_of(spec.annotations, policy::decode_ceilings(ready.setup.extra)));
  Fd root = std::move(message.fd);
  if (!ready.is_further()) {
    TRY(protect_name_files(policy, ready.spec));
    progress.enter(Phase::kSandbox);
    TRY_ASSIGN(root, oci::build_root(spec, ready.setup));
    TRY(pin_name_files(policy, spec, root.get()));
  }
  progress.enter(Phase::kFind);
  TRY_ASSIGN(Program program, find(root.get(), ready, own, channel));
  ready.program = program.path;
  const bool wasm = program.kind == ProgramKind::kWasm;
  if (!ready.is_further()) TRY(check_handler(spec.annotations, program));
  std::shared_ptr<const run::Artifact> artifact;
  if (wasm) {
    // In a user namespace the cache can neither be searched nor its owner be told.
    const Vouching vouching = oci::find_namespace(spec, CLONE_NEWUSER) != nullptr
                                  ? Vouching::kByShim
                                  : Vouching::kByOwner;
    program.layer = oci::find_in_layers(ready.setup.rootfs_mounts, root.get(), program.file.get());
    progress.enter(Phase::kCompile);
    TRY_ASSIGN(artifact, obtain_artifact(program, std::move(cache), vouching, channel,
                                         policy.fuel.has_value()));
  } else {
    // Rules for the container's module do not concern a native program beside it; ceilings do.
    const std::map<std::string, std::string> none;
    TRY(oci::in(Phase::kPolicy,
                policy::check_native(policy, ready.is_further() ? none : spec.annotations)));
  }
  progress.enter(Phase::kSandbox);
  const oci::Guest guest = wasm ? oci::Guest::kWasm : oci::Guest::kNative;
  if (ready.is_further()) {
    TRY_ASSIGN(ready.prepared, oci::join(spec, ready.setup, mounts.get(), guest));
  } else {
    TRY_ASSIGN(ready.prepared, oci::enclose(spec, ready.setup, root.get(), guest,
                                            [&] { return run_runtime_hooks(spec, channel); }));
  }
  if (spec.process.terminal) {
    progress.enter(Phase::kTerminal);
    TRY_ASSIGN(const Fd master, oci::open_terminal(spec.process, !ready.is_further()));
    TRY(channel.send(Control::kTerminal, {}, master.get()));
  }
  root.reset();
  ready.setup.trees.clear();
  program.file.reset();
  program.layer.reset();
  std::optional<wasi::WasiConfig> config;
  std::vector<int> keep = {channel.fd()};
  if (wasm) {
    progress.enter(Phase::kPolicy);
    TRY_ASSIGN(auto directories, policy::given_directories(spec, policy));
    TRY_ASSIGN(config, wasi_config(spec, policy, directories));
    TRY_ASSIGN(ready.second_line, make_second_line(policy, *config));
    ready.policy = fmt::format("{}; second line: {}", policy::describe(policy, directories),
                               ready.second_line.text);
    if (policy.narrows()) {
      TRY_ASSIGN(Fd refusals, open_refusals(ready));
      config->denials = refusals.release();  // open as long as the guest runs
      keep.insert(keep.end(), {config->denials, ready.refusals.get()});
    }
    if (ready.second_line.landlock) keep.push_back(ready.second_line.landlock.get());
    for (const wasi::Preopen& preopen : config->preopens) keep.push_back(preopen.dir.get());
  }
  progress.enter(Phase::kUser);
  TRY(oci::drop_privileges(spec, ready.prepared, guest));
  ready.prepared.labels = {};
  if (wasm) {
    progress.enter(Phase::kLink);
    // Contained and without privileges: only now is anything of the module's brought to life.
    TRY_ASSIGN(ready.command,
               wasi::Command::prepare(artifact, std::move(*config), program.function));
    if (!ready.command->may_spawn_threads()) ready.second_line.threads = false;
    artifact->close_file();
  }
  // Nothing else should be open by now; this makes it certain.
  TRY(oci::close_descriptors(std::move(keep)));
  return ready;
}

[[noreturn]] void execute(const Ready& ready) {
  const oci::Process& process = ready.spec.process;
  std::vector<char*> argv, envp;
  for (const std::string& item : process.args) argv.push_back(const_cast<char*>(item.c_str()));
  for (const std::string& item : process.env) envp.push_back(const_cast<char*>(item.c_str()));
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  oci::reset_signals();
  ::execve(ready.program.c_str(), argv.data(), envp.data());
  const int error = errno;
  (void)write_all(
      2, fmt::format("wasmedge-init: execute {}: {}\n", ready.program, std::strerror(error)),
      "stderr");
  ::_exit(error == ENOENT ? kNotFound : kCannotExecute);
}

/// From START on.
Result<int> start(Ready& ready, Channel& channel) {
  const oci::Spec& spec = ready.spec;
  if (!ready.is_further()) {
    TRY(oci::run_hooks("startContainer", spec.hooks.start_container,
                       {spec.version, ready.setup.id, "created", ::getpid(), ready.setup.bundle,
                        spec.annotations}));
  }
  channel.close();
  if (!ready.command) {
    TRY(oci::lock_down(spec, ready.prepared, oci::Guest::kNative));
    execute(ready);
  }
  TRY(bind_paths_and_ports(ready.second_line));
  TRY(oci::lock_down(spec, ready.prepared, oci::Guest::kWasm));
  TRY(bind_system_calls(ready.second_line));
  return ready.command->run();
}

}  // namespace

int main() {
  exit_on_signals();
  ::fcntl(oci::kControlFd, F_SETFD, FD_CLOEXEC);
  Channel channel{Fd(oci::kControlFd)};
  Progress progress;
  auto ready = become_unreadable().and_then([&] { return create(channel, progress); });
  if (!ready) {
    // A shim that is gone has nobody to tell.
    (void)channel.send(Control::kError, oci::encode_error(in(progress.phase(), ready.error())));
    return 1;
  }
  ::malloc_trim(0);
  const Readiness readiness{.kind = ready->command ? "wasm" : "native",
                            .program = ready->program,
                            .policy = std::move(ready->policy),
                            .took = progress.took()};
  if (!channel.send(Control::kReady, encode(readiness), ready->refusals.get())) return 1;
  ready->refusals.reset();
  if (!channel.expect(Control::kStart)) return 1;
  auto status = start(*ready, channel);
  if (status) return *status;
  (void)write_all(2, fmt::format("wasmedge-init: {}\n", status.error().message), "stderr");
  return kCannotExecute;
}

}  // namespace wasmedge::init
